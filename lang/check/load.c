/* load: which files make a policy, and in which order they are read.
**
** 1. Files are taken in byte order of their names relative to the folder, so that the order of a
**    directory never shows.
** 2. The policy's own files share one name space. A module of the library is read once, after them.
** 3. Folders behind symbolic links and names that begin with a dot are left out.
*/
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "lang/check/amend.h"
#include "lang/check/checker.h"

enum { FILES_MAX = 10000, DEPTH_MAX = 32, AMENDS_MAX = 8 };

struct loader {
    struct bf_parse *parse;
    struct bf_program *p;
    struct bf_arena *arena;
    bool own_folder;  /* the policy is the folder, not a file in it */
    const char *root; /* folder of the policy; "" if there is none (standard input) */
    const char
        *shown; /* before the names of its files, to people: of an amended policy where it stands */
    const char *stdlib;
    bf_str *names; /* found in the folder, relative to it */
    uint32_t name_count, name_cap;
    uint32_t tree_cap;
    struct bf_error *e;
};

static char *join(struct loader *l, const char *dir, const char *name) {
    size_t n = strlen(dir), m = strlen(name);
    char *path = bf_arena_alloc(l->arena, n + m + 2);
    memcpy(path, dir, n);
    if (n && path[n - 1] != '/')
        path[n++] = '/';
    memcpy(path + n, name, m + 1);
    return path;
}

static bool ends(bf_str s, bf_str tail) {
    return s.len > tail.len && memcmp(s.p + s.len - tail.len, tail.p, tail.len) == 0;
}

static bool is_source(bf_str name) {
    return ends(name, BF_STR(".banfa")) || ends(name, BF_STR(".banfa.md"));
}

static enum bf_err add_name(struct loader *l, const char *name) {
    if (l->name_count == FILES_MAX)
        return bf_fail(l->e, BF_ELIMIT, "%s: more than %d source files", l->root, FILES_MAX);
    l->names = bf_arena_grow(l->arena, l->names, l->name_count, &l->name_cap, sizeof *l->names);
    l->names[l->name_count++] = bf_str_of(name);
    return BF_OK;
}

static enum bf_err scan(struct loader *l, const char *relative, int depth);

static enum bf_err scan_entry(struct loader *l, const char *relative, const char *entry,
                              int depth) {
    char *name = *relative ? join(l, relative, entry) : bf_str_z(l->arena, bf_str_of(entry));
    char *path = join(l, l->root, name);
    struct stat st;
    if (lstat(path, &st) != 0)
        return bf_fail(l->e, BF_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return scan(l, name, depth + 1);
    return is_source(bf_str_of(name)) ? add_name(l, name) : BF_OK;
}

/* Lists a folder into names (each ends with a NUL), or only measures when names is NULL. The arena may
** run out, so none of it is asked for while the folder is open. */
static enum bf_err list(struct loader *l, const char *path, char *names, size_t size,
                        size_t *used) {
    DIR *dir = opendir(path);
    *used = 0;
    if (!dir)
        return bf_fail(l->e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(errno));
    errno = 0;
    for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        size_t n = strlen(d->d_name) + 1;
        if (d->d_name[0] == '.' || (names && n > size - *used))
            continue;
        if (names)
            memcpy(names + *used, d->d_name, n);
        *used += n;
    }
    int failed = errno;
    closedir(dir);
    return failed ? bf_fail(l->e, BF_EIO, "%s: %s", path, strerror(failed)) : BF_OK;
}

static enum bf_err scan(struct loader *l, const char *relative, int depth) {
    const char *path = *relative ? join(l, l->root, relative) : l->root;
    size_t size, used;
    if (depth > DEPTH_MAX)
        return bf_fail(l->e, BF_ELIMIT, "%s: folders nested deeper than %d", path, DEPTH_MAX);
    enum bf_err err = list(l, path, NULL, 0, &size);
    if (err != BF_OK)
        return err;
    char *names = bf_arena_alloc(l->arena, size + 1);
    err = list(l, path, names, size, &used);
    for (size_t i = 0; err == BF_OK && i < used; i += strlen(names + i) + 1)
        err = scan_entry(l, relative, names + i, depth);
    return err;
}

static int by_bytes(const void *x, const void *y) {
    return bf_str_cmp(*(const bf_str *)x, *(const bf_str *)y);
}

/* "a/b.banfa.md" is module a.b. */
static bf_str module_of(struct loader *l, bf_str name) {
    bf_str s = bf_str_dup(l->arena, name);
    s.len -= ends(name, BF_STR(".banfa.md")) ? 9 : ends(name, BF_STR(".banfa")) ? 6 : 0;
    for (uint32_t i = 0; i < s.len; i++)
        if (s.p[i] == '/')
            ((char *)(uintptr_t)s.p)[i] = '.'; /* our copy */
    return s;
}

static void add_tree(struct loader *l, uint32_t file, bf_str module) {
    struct bf_program *p = l->p;
    if (p->tree_count == l->tree_cap) {
        uint32_t cap = l->tree_cap ? l->tree_cap * 2 : 16;
        struct bf_tree **trees = bf_new_array(l->arena, struct bf_tree *, cap);
        bf_str *modules = bf_new_array(l->arena, bf_str, cap);
        struct bf_node **amended = bf_new_array(l->arena, struct bf_node *, cap);
        if (p->tree_count) {
            memcpy(trees, p->trees, p->tree_count * sizeof *trees);
            memcpy(modules, p->modules_of, p->tree_count * sizeof *modules);
            memcpy(amended, p->amended_in, p->tree_count * sizeof *amended);
        }
        p->trees = trees;
        p->modules_of = modules;
        p->amended_in = amended;
        l->tree_cap = cap;
    }
    p->trees[p->tree_count] = bf_parse_file(l->parse, file);
    p->modules_of[p->tree_count++] = module;
}

static enum bf_err load_own(struct loader *l, bf_str name) {
    uint32_t file;
    const char *path = join(l, l->root, bf_str_z(l->arena, name));
    bf_str shown = *l->shown ? bf_str_of(join(l, l->shown, bf_str_z(l->arena, name))) : name;
    enum bf_err err = bf_source_read(l->parse->sources, path, shown, &file, l->e);
    if (err == BF_OK)
        add_tree(l, file, module_of(l, name));
    return err;
}

static enum bf_err load_outline(struct loader *l) {
    const char *path = join(l, l->root, "outline");
    struct stat st;
    uint32_t file;
    if (*l->shown || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return BF_OK;
    enum bf_err err = bf_source_read(l->parse->sources, path, BF_STR("outline"), &file, l->e);
    if (err == BF_OK)
        l->p->outline = bf_outline_read(l->parse, file);
    return err;
}

/* ---- modules ---- */

bf_str bf_module_text(struct bf_arena *a, const struct bf_node *module) {
    struct bf_buf l;
    bf_buf_in(&l, a);
    for (const struct bf_node *n = module ? module->a : NULL; n; n = n->next) {
        bf_buf_str(&l, n->name->text);
        bf_buf_z(&l, n->next ? "." : "");
    }
    return bf_buf_view(&l);
}

/* The dotted name as written; *english: as the library has it. */
static bf_str module_text(struct loader *l, const struct bf_node *module, bf_str *english) {
    bf_str s = bf_module_text(l->arena, module);
    *english = bf_module_english(s);
    return s;
}

static uint32_t find_tree(const struct bf_program *p, bf_str module, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        if (bf_str_eq(p->modules_of[i], module))
            return i;
    return BF_NONE;
}

/* Looks for a module's file under dir; reads it if there. */
static enum bf_err try_module(struct loader *l, const char *dir, const char *shown, bf_str module,
                              uint32_t *tree) {
    static const char *const tails[] = {".banfa", ".banfa.md"};
    char *relative = bf_str_z(l->arena, module);
    for (char *s = relative; *s; s++)
        if (*s == '.')
            *s = '/';
    for (int i = 0; i < 2 && *dir; i++) {
        size_t n = strlen(relative) + strlen(tails[i]) + 1;
        char *name = bf_arena_alloc(l->arena, n);
        strcpy(name, relative);
        strcat(name, tails[i]);
        const char *path = join(l, dir, name);
        struct stat st;
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        uint32_t file;
        enum bf_err err =
            bf_source_read(l->parse->sources, path, bf_str_of(join(l, shown, name)), &file, l->e);
        if (err != BF_OK)
            return err;
        *tree = l->p->tree_count;
        add_tree(l, file, bf_str_dup(l->arena, module));
        return BF_OK;
    }
    *tree = BF_NONE;
    return BF_OK;
}

/* The library's files, for a near name. */
static void find_modules(struct loader *l, bf_str wanted, bf_str *best) {
    struct loader look = {
        .arena = l->arena, .root = l->stdlib, .shown = "", .e = &(struct bf_error){0}};
    uint32_t near = 4;
    if (!*l->stdlib || scan(&look, "", 0) != BF_OK)
        return; /* no suggestion then; the error itself is told anyway */
    for (uint32_t i = 0; i < look.name_count; i++) {
        bf_str m = module_of(l, look.names[i]);
        uint32_t d = bf_str_distance(wanted, m, near - 1);
        if (d < near) {
            near = d;
            *best = m;
        }
    }
}

static void missing(struct loader *l, const struct bf_node *module, bf_str text) {
    bf_str near = {0};
    struct bf_diag *d =
        bf_diag(l->parse->diags, BF_E0120_NO_MODULE, module->span, BF_ARGS(bf_arg_str(text)));
    bf_names_lose_any(l->parse->names);
    find_modules(l, text, &near);
    for (uint32_t i = 0; i < l->p->own_count && !near.len; i++)
        if (bf_str_distance(text, l->p->modules_of[i], 2) <= 2)
            near = l->p->modules_of[i];
    if (near.len)
        bf_diag_hint(l->parse->diags, d, BF_T_HINT_WRITE, BF_ARGS(bf_arg_str(near)));
    bf_diag_hint(l->parse->diags, d, BF_T_HINT_MODULES, BF_NOARGS);
}

/* A module of the library is looked for before one of the folder; a file of the library uses only
** the library. */
static enum bf_err load_use(struct loader *l, uint32_t user, struct bf_node *use, uint32_t *tree) {
    struct bf_program *p = l->p;
    bool own = user < p->own_count;
    bf_str english, text = module_text(l, use->a, &english);
    *tree = find_tree(p, english, p->own_count, p->tree_count);
    if (*tree == BF_NONE && own)
        *tree = find_tree(p, text, 0, p->own_count);
    if (*tree != BF_NONE)
        return BF_OK;
    enum bf_err err = try_module(l, l->stdlib, "stdlib", english, tree);
    if (err == BF_OK && *tree == BF_NONE)
        missing(l, use->a, text);
    return err;
}

/* A single file may use its neighbours: they become the policy's own files. */
static enum bf_err load_neighbours(struct loader *l) {
    struct bf_program *p = l->p;
    for (uint32_t i = 0; i < p->tree_count; i++)
        for (struct bf_node *n = p->trees[i]->root->a; n; n = n->next) {
            if (n->kind != BF_N_USE || !n->a || n->a->kind != BF_N_MODULE)
                continue;
            uint32_t tree;
            bf_str english, text = module_text(l, n->a, &english);
            if (find_tree(p, text, 0, p->tree_count) != BF_NONE)
                continue;
            enum bf_err err = try_module(l, l->root, "", text, &tree);
            if (err != BF_OK)
                return err;
        }
    return BF_OK;
}

static enum bf_err load_uses(struct loader *l, uint32_t **trees_used, uint32_t *count) {
    struct bf_program *p = l->p;
    uint32_t cap = 0, n = 0, *used = NULL;
    for (uint32_t i = 0; i < p->tree_count; i++)
        for (struct bf_node *u = p->trees[i]->root->a; u; u = u->next) {
            if (u->kind != BF_N_USE || !u->a || u->a->kind != BF_N_MODULE)
                continue;
            if (n == cap) {
                uint32_t *more = bf_new_array(l->arena, uint32_t, cap = cap ? cap * 2 : 16);
                if (n)
                    memcpy(more, used, n * sizeof *more);
                used = more;
            }
            enum bf_err err = load_use(l, i, u, &used[n++]);
            if (err != BF_OK)
                return err;
        }
    *trees_used = used;
    *count = n;
    return BF_OK;
}

static void note_uses(struct bf_program *p, const uint32_t *used) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->tree_count; i++)
        for (struct bf_node *u = p->trees[i]->root->a; u; u = u->next) {
            if (u->kind != BF_N_USE || !u->a || u->a->kind != BF_N_MODULE)
                continue;
            struct bf_sym *s = bf_new(p->arena, struct bf_sym);
            *s = (struct bf_sym){.kind = BF_SYM_MODULE, .node = u, .tree = p->trees[i]};
            bf_sym_append(&p->modules, s);
            s->index = used[n++];
            p->info[u->id].sym = s;
        }
}

/* ---- circles ---- */

struct visit {
    struct bf_program *p;
    uint8_t *state; /* 1: on the way, 2: done */
    uint32_t *way;
    uint32_t depth;
};

static void tell_circle(struct visit *v, const struct bf_node *use, uint32_t to) {
    struct bf_buf l;
    uint32_t first = 0;
    while (v->way[first] != to)
        first++;
    bf_buf_in(&l, v->p->arena);
    for (uint32_t i = first; i < v->depth; i++) {
        bf_buf_str(&l, v->p->modules_of[v->way[i]]);
        bf_buf_z(&l, " -> ");
    }
    bf_buf_str(&l, v->p->modules_of[to]);
    bf_diag(v->p->parse->diags, BF_E0121_USE_CIRCLE, use->span,
            BF_ARGS(bf_arg_str(bf_buf_view(&l))));
}

static void visit_tree(struct visit *v, uint32_t i) {
    v->state[i] = 1;
    v->way[v->depth++] = i;
    for (struct bf_node *u = v->p->trees[i]->root->a; u; u = u->next) {
        const struct bf_sym *s = u->kind == BF_N_USE ? v->p->info[u->id].sym : NULL;
        if (!s || s->index == BF_NONE)
            continue;
        if (v->state[s->index] == 1)
            tell_circle(v, u, s->index);
        else if (v->state[s->index] == 0)
            visit_tree(v, s->index);
    }
    v->depth--;
    v->state[i] = 2;
}

static void find_circles(struct bf_program *p) {
    struct visit v = {.p = p};
    v.state = bf_new_array(p->arena, uint8_t, p->tree_count);
    v.way = bf_new_array(p->arena, uint32_t, p->tree_count);
    for (uint32_t i = 0; i < p->tree_count; i++)
        if (v.state[i] == 0)
            visit_tree(&v, i);
}

/* ---- the entry ---- */

static enum bf_err load_folder(struct loader *l) {
    enum bf_err err = scan(l, "", 0);
    if (err != BF_OK)
        return err;
    if (l->name_count == 0)
        return bf_fail(l->e, BF_ENOENT, "%s: no file *.banfa or *.banfa.md in this folder",
                       l->root);
    qsort(l->names, l->name_count, sizeof *l->names, by_bytes);
    err = load_outline(l);
    for (uint32_t i = 0; err == BF_OK && i < l->name_count; i++)
        err = load_own(l, l->names[i]);
    return err;
}

static enum bf_err load_file(struct loader *l, const char *path) {
    const char *slash = strrchr(path, '/');
    uint32_t file;
    if (strcmp(path, "-") == 0) {
        enum bf_err err = bf_source_read(l->parse->sources, path, BF_STR("-"), &file, l->e);
        if (err == BF_OK)
            add_tree(l, file, BF_STR("-"));
        return err;
    }
    l->root = slash ? bf_str_z(l->arena, (bf_str){path, (uint32_t)(slash - path + 1)}) : "./";
    enum bf_err err = load_own(l, bf_str_of(slash ? slash + 1 : path));
    return err == BF_OK ? load_neighbours(l) : err;
}

/* ---- what is amended ---- */

/* The policy called NAME stands beside this one: a folder or file of that name, with - where the name has _. */
static const char *find_beside(struct loader *l, bf_str name, bool *folder) {
    static const char *const tails[] = {"", ".banfa", ".banfa.md"};
    for (int dashes = 0; dashes < 2; dashes++)
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            struct bf_buf b;
            struct stat st;
            bf_buf_in(&b, l->arena);
            bf_buf_str(&b, name);
            bf_buf_z(&b, tails[i]);
            char *file = bf_str_z(l->arena, bf_buf_view(&b));
            for (char *p = file; dashes && p < file + name.len; p++)
                *p = *p == '_' ? '-' : *p;
            const char *path = join(l, l->root, join(l, l->own_folder ? ".." : "", file));
            if (stat(path, &st) != 0 || (i == 0) != (bool)S_ISDIR(st.st_mode))
                continue;
            *folder = i == 0;
            return path;
        }
    return NULL;
}

/* The sources that stand in the folder itself: who knows what is below those beside a policy? */
static bool names_here(struct loader *l) {
    size_t size, used = 0;
    if (list(l, l->root, NULL, 0, &size) != BF_OK)
        return false;
    char *names = bf_arena_alloc(l->arena, size + 1);
    bool read = list(l, l->root, names, size, &used) == BF_OK;
    for (size_t i = 0; read && i < used; i += strlen(names + i) + 1)
        if (is_source(bf_str_of(names + i)))
            read = add_name(l, names + i) == BF_OK;
    if (l->name_count)
        qsort(l->names, l->name_count, sizeof *l->names, by_bytes);
    return read && l->name_count;
}

/* Reads what stands beside the policy and may be one that amends the same text: a file, or the files of a folder. What cannot
** be read is not this policy's concern. */
static void read_rival(struct loader *l, const char *path, bool folder, bf_str amended,
                       struct bf_tree *const *own, uint32_t own_count) {
    struct bf_parse parse = *l->parse;
    struct bf_error e;
    struct loader look = {.arena = l->arena, .root = path, .shown = "", .e = &e};
    parse.diags = bf_diags_new(l->arena, parse.sources, 1);
    parse.names = bf_names_new(l->arena);
    if (folder && !names_here(&look))
        return;
    uint32_t count = folder ? look.name_count : 1;
    uint32_t *source = bf_new_array(l->arena, uint32_t, count + 1);
    struct bf_tree **trees = bf_new_array(l->arena, struct bf_tree *, count + 1);
    bool names_it = false;
    for (uint32_t i = 0; i < count; i++) {
        const char *file = folder ? join(l, path, bf_str_z(l->arena, look.names[i])) : path;
        if (bf_source_read(parse.sources, file, bf_str_of(file), &source[i], &e) != BF_OK)
            return;
        names_it |= bf_str_contains(parse.sources->file[source[i]].text, amended);
    }
    for (uint32_t i = 0; i < count && names_it; i++)
        trees[i] = bf_parse_file(&parse, source[i]);
    l->parse->next_id = parse.next_id;
    if (names_it)
        bf_rivals(l->parse, own, own_count, trees, count);
}

/* In the order of their names. */
static void find_rivals(struct loader *l, bf_str amended, struct bf_tree *const *own,
                        uint32_t own_count) {
    const char *dir = l->own_folder ? join(l, l->root, "..") : l->root;
    size_t size, used = 0;
    if (list(l, dir, NULL, 0, &size) != BF_OK)
        return;
    char *names = bf_arena_alloc(l->arena, size + 1);
    if (list(l, dir, names, size, &used) != BF_OK)
        return;
    bf_str *sorted = bf_new_array(l->arena, bf_str, used + 1);
    uint32_t count = 0;
    for (size_t i = 0; i < used; i += strlen(names + i) + 1)
        sorted[count++] = bf_str_of(names + i);
    qsort(sorted, count, sizeof *sorted, by_bytes);
    for (uint32_t i = 0; i < count; i++) {
        const char *path = join(l, dir, sorted[i].p);
        struct stat st;
        bool known = stat(path, &st) == 0, folder = known && S_ISDIR(st.st_mode);
        if (folder || (known && S_ISREG(st.st_mode) && is_source(sorted[i])))
            read_rival(l, path, folder, amended, own, own_count);
    }
}

static enum bf_err load_amended(struct loader *l, uint32_t first, int depth) {
    struct bf_program *p = l->p;
    struct bf_node *amends = bf_amends_of(bf_policy_in(p->trees + first, p->tree_count - first));
    uint32_t own = p->tree_count;
    bool folder = false;
    if (!amends)
        return BF_OK;
    bf_str name = amends->a->name->text;
    const char *path = *l->root && depth < AMENDS_MAX ? find_beside(l, name, &folder) : NULL;
    if (!path) {
        struct bf_diag *d =
            bf_diag(l->parse->diags, depth < AMENDS_MAX ? BF_E0130_NO_BASE : BF_E0135_AMENDS_DEEP,
                    amends->a->span, BF_ARGS(bf_arg_str(name)));
        bf_diag_hint(l->parse->diags, d, BF_T_HINT_BESIDE, BF_NOARGS);
        return BF_OK;
    }
    struct loader base = *l;
    base.names = NULL;
    base.name_count = base.name_cap = 0;
    base.own_folder = folder;
    const char *slash = strrchr(path, '/');
    base.root = folder
                    ? path
                    : bf_str_z(l->arena, (bf_str){path, (uint32_t)(slash ? slash - path + 1 : 0)});
    if (p->folder_count < BF_FOLDERS)
        p->folder[p->folder_count++] = base.root;
    base.shown = folder ? bf_str_z(l->arena, name) : l->own_folder ? ".." : "";
    enum bf_err err =
        folder ? load_folder(&base) : load_own(&base, bf_str_of(slash ? slash + 1 : path));
    l->tree_cap = base.tree_cap;
    if (err == BF_OK && bf_policy_in(p->trees + own, p->tree_count - own))
        err = load_amended(&base, own, depth + 1);
    else if (err == BF_OK)
        bf_diag(l->parse->diags, BF_E0130_NO_BASE, amends->a->span, BF_ARGS(bf_arg_str(name)));
    l->tree_cap = base.tree_cap;
    struct bf_node *amended = bf_policy_in(p->trees + own, p->tree_count - own);
    if (err != BF_OK || !amended)
        return err;
    for (uint32_t i = own; i < p->tree_count; i++)
        if (!p->amended_in[i])
            p->amended_in[i] = amended;
    if (depth == 0)
        find_rivals(l, name, p->trees + first, own - first);
    p->amended = amended; /* of the outermost in the end */
    p->amended_path = path;
    bf_amend(l->parse, p->trees + first, own - first, p->trees + own, p->tree_count - own);
    return BF_OK;
}

/* What was read for it is a policy, with what it amends and uses. */
static enum bf_err load_rest(struct loader *l, enum bf_err err, struct bf_program **program) {
    struct bf_program *p = l->p;
    uint32_t *used, count;
    if (*l->root)
        p->folder[p->folder_count++] = bf_str_z(p->arena, bf_str_of(l->root));
    if (err == BF_OK)
        err = load_amended(l, 0, 0);
    if (!bf_amends_of(bf_policy_in(p->trees, p->tree_count)))
        bf_amend_nothing(l->parse, p->trees, p->tree_count);
    p->own_count = p->tree_count;
    if (err == BF_OK)
        err = load_uses(l, &used, &count);
    if (err != BF_OK)
        return err;
    p->stdlib = bf_str_z(p->arena, bf_str_of(l->stdlib));
    bf_asked(l->parse, p->trees, p->tree_count);
    p->info = bf_new_array(p->arena, struct bf_info, l->parse->next_id);
    note_uses(p, used);
    find_circles(p);
    *program = p;
    return BF_OK;
}

static struct loader new_loader(struct bf_parse *parse, const char *stdlib, struct bf_error *e) {
    struct bf_program *p = bf_new(parse->arena, struct bf_program);
    p->arena = parse->arena;
    p->parse = parse;
    return (struct loader){.parse = parse,
                           .p = p,
                           .arena = parse->arena,
                           .root = "",
                           .shown = "",
                           .stdlib = stdlib ? stdlib : "",
                           .e = e};
}

enum bf_err bf_load_policy(struct bf_parse *parse, const char *path, const char *stdlib,
                           struct bf_program **program, struct bf_error *e) {
    struct loader l = new_loader(parse, stdlib, e);
    struct stat st;
    bool in = strcmp(path, "-") == 0;
    if (!in && stat(path, &st) != 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(errno));
    l.own_folder = !in && S_ISDIR(st.st_mode);
    if (l.own_folder)
        l.root = path;
    return load_rest(&l, l.own_folder ? load_folder(&l) : load_file(&l, path), program);
}

enum bf_err bf_load_text(struct bf_parse *parse, bf_str name, bf_str text, const char *stdlib,
                         struct bf_program **program, struct bf_error *e) {
    struct loader l = new_loader(parse, stdlib, e);
    add_tree(&l, bf_source_add(parse->sources, name, text), name);
    return load_rest(&l, BF_OK, program);
}
