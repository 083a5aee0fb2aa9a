/* banfad audit, verify, rebuild, export: what can be proved of a journal, and what follows from it. Reading takes as
** long as it takes: it is done in this process, on the database itself or, while a daemon serves it, on a backup.
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/banfad/client.h"
#include "engine/service/audit.h"
#include "engine/service/export.h"
#include "engine/service/rebuild.h"
#include "engine/service/verify.h"
#include "lang/base/stdlib.h"

enum { PROOF_MAX = 1 << 20, NOTES_MAX = 64 };

static int fail(struct bf_client *c, const struct bf_error *e) {
    bf_cli_fail(c->cli, e);
    return BF_EXIT_USAGE;
}

/* ---- keys ---- */
static bf_str trimmed(bf_str s) {
    while (s.len && strchr(" \t\r\n", s.p[s.len - 1]))
        s.len--;
    return s;
}

/* --key: the public key as text, or a file that holds it. */
static enum bf_err given_key(struct bf_client *c, const char *key, struct bf_signer *out,
                             struct bf_error *e) {
    bf_str text = bf_str_of(key);
    if (!strchr(key, '+') || access(key, F_OK) == 0) {
        enum bf_err err = bf_file_read(c->settings.arena, key, PROOF_MAX, &text, e);
        if (err)
            return err;
    }
    return bf_signer_read(trimmed(text), out, e);
}

/* A tree, and the signing key of the data folder; seed empty: it is not there. */
struct own {
    bf_str origin, seed;
    uint64_t set; /* the row that named it */
};

static enum bf_err own_tree(struct bf_client *c, struct bf_closed *store, struct own *own,
                            struct bf_error *e) {
    struct bf_arena *a = c->settings.arena;
    bf_str json, data = bf_config_text(&c->settings.r.config, BF_CONFIG_DATA);
    struct bf_buf path;
    *own = (struct own){.seed = {"", 0}};
    enum bf_err err =
        bf_closed_setting(store, a, BF_SERVICE_SETTING, BF_SETTING_ORIGIN, &json, &own->set, e);
    if (err)
        return err;
    json_t *j = json_loadb(json.p ? json.p : "", json.len, 0, NULL);
    own->origin = bf_str_dup(a, bf_json_member(j, BF_SETTING_ORIGIN));
    json_decref(j);
    bf_buf_in(&path, a);
    bf_buf_fmt(&path, "%.*s/" BF_SERVICE_KEY, (int)data.len, data.p);
    bf_buf_char(&path, 0);
    if (!own->origin.len || access(path.p, R_OK) != 0)
        return BF_OK;
    return bf_file_read(a, path.p, PROOF_MAX, &own->seed, e);
}

static int tell_key(struct bf_client *c) {
    struct bf_snapshot s;
    struct bf_signer key;
    struct bf_error e;
    struct bf_buf out;
    struct own own;
    if (!bf_client_snapshot(c, &s))
        return BF_EXIT_USAGE;
    enum bf_err err = own_tree(c, s.store, &own, &e);
    bf_snapshot_close(&s);
    if (!err && !own.seed.len)
        err = bf_fail(&e, BF_ENOENT, "%s", bf_text_z(c->cli->lang, BF_T_AUDIT_NO_KEY));
    if (!err)
        err = bf_signer_open(own.origin, own.seed.p, own.seed.len, &key, &e);
    if (err)
        return fail(c, &e);
    bf_buf_in(&out, c->settings.arena);
    bf_signer_public(&key, &out);
    bf_signer_fini(&key);
    bf_buf_char(&out, '\n');
    return bf_cli_write(c->cli, &out) ? BF_EXIT_FINE : BF_EXIT_USAGE;
}

/* ---- checkpoint, receipt ---- */
static int fetch(struct bf_client *c, const char *path) {
    struct bf_reply r;
    int status;
    if (!bf_client_send(c, "GET", path, NULL, (bf_str){"", 0}, &r))
        return BF_EXIT_USAGE;
    if (r.status == 200) {
        printf("%.*s", (int)r.body.len, r.body.p);
        status = BF_EXIT_FINE;
    } else {
        bf_client_answer(c, &r, &status);
    }
    json_decref(r.json);
    return status;
}

/* ---- verify ---- */
static void found(void *ctx, enum bf_text_id text, const bf_arg *args, int nargs) {
    bf_client_say(ctx, true, text, args, nargs);
}

static void say_wrong(struct bf_client *c, const char *name, const struct bf_error *e) {
    bf_client_say(c, true, BF_T_AUDIT_PROOF_WRONG,
                  BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_str(bf_str_of(e->text))));
}

static int verify_receipt(struct bf_client *c, const char *name, bf_str bytes, const char *key) {
    struct bf_receipt r;
    struct bf_signer k;
    struct bf_entry_head head;
    struct bf_error e;
    char at[BF_INSTANT_TEXT];
    if (!key)
        return bf_cli_usage(c->cli, BF_T_AUDIT_KEY_NEEDED, BF_NOARGS);
    if (given_key(c, key, &k, &e))
        return fail(c, &e);
    if (bf_receipt_verify(bytes, &k, &r, &e) ||
        (r.head_len != BF_ENTRY_HEAD && bf_fail(&e, BF_EFORMAT, "its header is no row's")) ||
        bf_entry_head_read(r.head, &head, &e)) {
        say_wrong(c, name, &e);
        return BF_EXIT_ERRORS;
    }
    bf_instant_print(head.recorded, 0, at);
    bf_client_say(c, false, BF_T_AUDIT_RECEIPT_FINE,
                  BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_int((int64_t)head.seq),
                          bf_arg_int((int64_t)head.number), bf_arg_str(bf_str_of(at)),
                          bf_arg_str(r.checkpoint.origin), bf_arg_int((int64_t)r.checkpoint.size)));
    return BF_EXIT_FINE;
}

struct file_supply {
    FILE *f;
};

static enum bf_err supply(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    FILE *f = ((struct file_supply *)ctx)->f;
    *got = fread(p, 1, n, f);
    return ferror(f) ? bf_fail(e, BF_EIO, "%s", strerror(errno)) : BF_OK;
}

/* A journal file proves itself: its last line is the root of its rows. */
static int verify_journal(struct bf_client *c, const char *name) {
    struct file_supply f = {fopen(name, "rb")};
    const struct bf_supply from = {supply, &f};
    struct bf_journal_in *in = NULL;
    struct bf_entry n;
    struct bf_error e;
    uint64_t rows = 0;
    enum bf_err err = f.f ? BF_OK : bf_fail(&e, BF_EIO, "%s: %s", name, strerror(errno));
    if (!err)
        err = bf_journal_in_open(&from, &in, &e);
    while (!err && bf_journal_in_next(in, &n, &err, &e))
        rows++;
    bf_journal_in_free(in);
    if (f.f)
        fclose(f.f);
    if (err) {
        say_wrong(c, name, &e);
        return BF_EXIT_ERRORS;
    }
    bf_client_say(c, false, BF_T_AUDIT_JOURNAL_FINE,
                  BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_int((int64_t)rows)));
    return BF_EXIT_FINE;
}

/* Checkpoints to be held against the store: those given, and the last of the data folder. */
struct notes {
    struct own own;
    const struct bf_signer *key; /* given; NULL: the data folder's */
    struct bf_verify_note note[NOTES_MAX];
    uint32_t count;
    bool wrong;
};

/* What a tree and the copies restored from it have in common. */
static bf_str line_of(bf_str origin) {
    const char *copy =
        origin.len ? memmem(origin.p, origin.len, BF_RESTORED, strlen(BF_RESTORED)) : NULL;
    return copy ? (bf_str){origin.p, (uint32_t)(copy - origin.p)} : origin;
}

static enum bf_err read_note(struct notes *l, bf_str bytes, struct bf_checkpoint *out,
                             struct bf_error *e) {
    const char *end = bytes.len ? memchr(bytes.p, '\n', bytes.len) : NULL;
    bf_str origin = {bytes.p, end ? (uint32_t)(end - bytes.p) : 0};
    struct bf_signer key;
    if (l->own.origin.len && origin.len && !bf_str_eq(line_of(origin), line_of(l->own.origin)))
        return bf_fail(e, BF_EFORMAT, "it is of another tree: %.*s", (int)origin.len, origin.p);
    if (l->key)
        return bf_checkpoint_verify(bytes, l->key, out, e);
    enum bf_err err = bf_signer_open(origin, l->own.seed.p, l->own.seed.len, &key, e);
    if (!err) {
        err = bf_checkpoint_verify(bytes, &key, out, e);
        bf_signer_fini(&key);
    }
    return err;
}

/* A copy's own rows begin with the two that restoring it writes: what another signed beyond says nothing of it. */
static bool is_beyond(struct bf_client *c, const struct notes *l, const struct bf_verify_note *n) {
    bool copy = line_of(l->own.origin).len < l->own.origin.len;
    uint64_t common = copy && l->own.set > 2 ? l->own.set - 2 : UINT64_MAX;
    if (!n->other || n->checkpoint.size <= common)
        return false;
    bf_client_say(c, true, BF_T_AUDIT_NOTE_BEYOND,
                  BF_ARGS(bf_arg_str(n->name), bf_arg_str(n->checkpoint.origin),
                          bf_arg_int((int64_t)n->checkpoint.size), bf_arg_int((int64_t)common)));
    return true;
}

static bool take_note(struct bf_client *c, struct notes *l, const char *name) {
    bf_str bytes;
    struct bf_error e;
    struct bf_verify_note *n = &l->note[l->count];
    if (bf_file_read(c->settings.arena, name, PROOF_MAX, &bytes, &e)) {
        bf_cli_fail(c->cli, &e);
        return false;
    }
    n->name = bf_str_dup(c->settings.arena, bf_str_of(name));
    enum bf_err err = read_note(l, bytes, &n->checkpoint, &e);
    n->other = !err && l->own.origin.len && !bf_str_eq(l->own.origin, n->checkpoint.origin);
    if (err)
        say_wrong(c, name, &e);
    if (err || is_beyond(c, l, n))
        l->wrong = true;
    else
        l->count++;
    return true;
}

static const char *last_note(struct bf_client *c) {
    bf_str data = bf_config_text(&c->settings.r.config, BF_CONFIG_DATA);
    struct bf_buf path;
    bf_buf_in(&path, c->settings.arena);
    bf_buf_fmt(&path, "%.*s/" BF_AUDIT_FILE, (int)data.len, data.p);
    bf_buf_char(&path, 0);
    return access(path.p, F_OK) == 0 ? path.p : NULL;
}

/* False: said, BF_EXIT_USAGE. */
static bool take_notes(struct bf_client *c, char **files, int count, struct notes *l) {
    const char *last = last_note(c);
    bool keyed = l->key || l->own.seed.len;
    if (!keyed && count) {
        bf_cli_usage(c->cli, BF_T_AUDIT_KEY_NEEDED, BF_NOARGS);
        return false;
    }
    for (int i = 0; i < count && i < NOTES_MAX - 1; i++)
        if (!take_note(c, l, files[i]))
            return false;
    return !keyed || !last || take_note(c, l, last);
}

static bool held_against(struct bf_client *c, struct bf_closed *store, char **files, int count,
                         const char *given, struct notes *l) {
    struct bf_signer key;
    struct bf_error e;
    if (own_tree(c, store, &l->own, &e) || (given && given_key(c, given, &key, &e))) {
        bf_cli_fail(c->cli, &e);
        return false;
    }
    l->key = given ? &key : NULL;
    bool fine = take_notes(c, files, count, l);
    if (given)
        bf_signer_fini(&key);
    return fine;
}

/* What is checked, beside the tree. */
struct asked {
    bool derived, rules;
    const char *key;
    char **files;
    int file_count;
};

static bool run_checks(struct bf_client *c, struct bf_verify *v, const struct asked *asked,
                       uint64_t *findings, struct bf_error *e) {
    *findings = 0;
    if (bf_verify_tree(v, e))
        return false;
    *findings += v->findings;
    if (!v->findings)
        bf_client_say(c, false, BF_T_VERIFY_TREE_FINE,
                      BF_ARGS(bf_arg_int((int64_t)v->rows), bf_arg_int(v->note_count)));
    if (asked->derived) {
        if (bf_verify_derived(v, e))
            return false;
        *findings += v->findings;
        if (!v->findings)
            bf_client_say(c, false, BF_T_VERIFY_DERIVED_FINE, BF_NOARGS);
    }
    if (asked->rules) {
        if (bf_verify_rules(v, e))
            return false;
        *findings += v->findings;
        if (!v->findings)
            bf_client_say(c, false, BF_T_VERIFY_RULES_FINE, BF_ARGS(bf_arg_int((int64_t)v->rows)));
    }
    return true;
}

/* A tree that agrees with itself proves nothing: somebody may have made it anew. */
static void say_if_none(struct bf_client *c, const struct notes *l) {
    bf_str data = bf_config_text(&c->settings.r.config, BF_CONFIG_DATA);
    if (!l->count && !l->wrong)
        bf_client_say(c, false,
                      l->key || l->own.seed.len ? BF_T_VERIFY_NO_NOTE : BF_T_VERIFY_NO_KEY,
                      BF_ARGS(bf_arg_str(data)));
}

static int verify_store(struct bf_client *c, const struct asked *asked) {
    struct bf_snapshot s;
    struct notes *l = bf_new(c->settings.arena, struct notes);
    struct bf_error e;
    uint64_t findings = 0;
    int status = BF_EXIT_USAGE;
    if (!bf_client_snapshot(c, &s))
        return BF_EXIT_USAGE;
    struct bf_verify v = {.store = s.store, .found = found, .ctx = c, .notes = l->note};
    if (bf_closed_outdated(s.store)) {
        bf_client_say(c, true, BF_T_VERIFY_OUTDATED, BF_NOARGS);
    } else if (held_against(c, s.store, asked->files, asked->file_count, asked->key, l)) {
        v.note_count = l->count;
        say_if_none(c, l);
        if (run_checks(c, &v, asked, &findings, &e))
            status = findings || l->wrong ? BF_EXIT_ERRORS : BF_EXIT_FINE;
        else /* where something was found, a read that then fails is part of it */
            status = fail(c, &e) && findings + v.findings ? BF_EXIT_ERRORS : BF_EXIT_USAGE;
    }
    if (findings)
        bf_client_say(c, true, BF_T_VERIFY_FOUND, BF_ARGS(bf_arg_int((int64_t)findings)));
    bf_snapshot_close(&s);
    return status;
}

static bool begins(bf_str bytes, const char *with) { return bf_str_starts(bytes, bf_str_of(with)); }

/* What a file is, it says in its first line. */
static bf_str first_bytes(const char *name, char out[32]) {
    FILE *f = fopen(name, "rb");
    size_t n = f ? fread(out, 1, 32, f) : 0;
    if (f)
        fclose(f);
    return (bf_str){out, (uint32_t)n};
}

static int audit_verify(struct bf_client *c, int argc, char **argv, const char *key) {
    struct asked asked = {.key = key, .files = argv + 1, .file_count = argc - 1};
    struct bf_error e;
    char head[32];
    bf_str bytes, first = argc == 2 ? first_bytes(argv[1], head) : (bf_str){"", 0};
    if (begins(first, "banfa journal "))
        return verify_journal(c, argv[1]);
    if (!begins(first, "banfa receipt "))
        return verify_store(c, &asked);
    if (bf_file_read(c->settings.arena, argv[1], PROOF_MAX, &bytes, &e))
        return fail(c, &e);
    return verify_receipt(c, argv[1], bytes, key);
}

static bool is(const char *x, const char *y) { return strcmp(x, y) == 0; }

static int audit(struct bf_client *c, int argc, char **argv, const char *key) {
    const char *verb = argc > 1 ? argv[1] : "";
    if (is(verb, "checkpoint") && argc == 2)
        return fetch(c, "/v1/audit/checkpoint");
    if (is(verb, "receipt") && argc == 3)
        return fetch(c, bf_client_path(c, "/v1/audit/receipts/", argv[2], ""));
    if (is(verb, "key") && argc == 2)
        return tell_key(c);
    if (is(verb, "verify"))
        return audit_verify(c, argc - 1, argv + 1, key);
    return bf_cli_usage(c->cli, argc > 1 ? BF_T_ADMIN_NO_VERB : BF_T_ADMIN_WHICH_VERB,
                        BF_ARGS(bf_arg_str(bf_str_of(verb))));
}

int bf_daemon_audit(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    const char *key = bf_cli_value(&argc, argv, "--key");
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 0, -1))
        status = audit(&c, argc, argv, key);
    bf_client_fini(&c);
    return status;
}

int bf_daemon_verify(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    struct asked asked = {.derived = true, .rules = bf_cli_flag(&argc, argv, "--rerun")};
    int status = BF_EXIT_USAGE;
    asked.key = bf_cli_value(&argc, argv, "--key");
    if (bf_client_take(&c, cli, &argc, argv, 0, NOTES_MAX - 1)) {
        asked.files = argv + 1;
        asked.file_count = argc - 1;
        status = verify_store(&c, &asked);
    }
    bf_client_fini(&c);
    return status;
}

/* ---- rebuild ---- */
/* False: said. A checkpoint that cannot be held against the rows is no reason to do without. */
static bool last_checkpoint(struct bf_client *c, bool force, bool *there,
                            struct bf_checkpoint *last) {
    struct bf_error e;
    enum bf_err err = bf_audit_last(&c->settings.r.config, c->settings.arena, there, last, &e);
    if (err) {
        *there = false;
        bf_cli_fail(c->cli, &e);
        if (!force)
            bf_client_say(c, true, BF_T_ADMIN_REBUILD_UNSURE, BF_NOARGS);
    }
    return !err || force;
}

static void say_conflict(struct bf_client *c, const struct bf_rebuilt *r, bool force) {
    bf_client_say(c, true, r->conflict_signed ? BF_T_ADMIN_REBUILD_SIGNED : BF_T_ADMIN_REBUILD_HEAD,
                  BF_ARGS(bf_arg_int((int64_t)r->conflict)));
    if (r->first_row)
        bf_client_say(c, true, BF_T_AUDIT_ROW, BF_ARGS(bf_arg_int((int64_t)r->first_row)));
    bf_client_say(c, true, force ? BF_T_ADMIN_REBUILD_FORCED : BF_T_ADMIN_REBUILD_REFUSED,
                  BF_NOARGS);
}

static int rebuild(struct bf_client *c, bool force) {
    struct bf_checkpoint last;
    struct bf_rebuilt done;
    struct bf_error e;
    bool there;
    if (!last_checkpoint(c, force, &there, &last))
        return BF_EXIT_ERRORS;
    enum bf_err err = bf_rebuild_file(c->database, there ? &last : NULL, force, &done, &e);
    if (done.conflict && (!err || err == BF_EFORMAT))
        say_conflict(c, &done, force);
    else if (err)
        fail(c, &e);
    if (err)
        return err == BF_EFORMAT ? BF_EXIT_ERRORS : BF_EXIT_USAGE;
    bf_client_say(c, false, BF_T_ADMIN_REBUILT,
                  BF_ARGS(bf_arg_int((int64_t)done.rows), bf_arg_int((int64_t)done.cases)));
    return BF_EXIT_FINE;
}

int bf_daemon_rebuild(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    bool force = bf_cli_flag(&argc, argv, "--force");
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 0, 0))
        status = rebuild(&c, force);
    bf_client_fini(&c);
    return status;
}

/* ---- export ---- */
static enum bf_err put_bytes(void *ctx, const void *p, size_t n, struct bf_error *e) {
    return fwrite(p, 1, n, ctx) == n ? BF_OK : bf_fail(e, BF_EIO, "write: %s", strerror(errno));
}

/* Made beside its place: a file of that name is a whole one. */
static enum bf_err export_to(struct bf_closed *from, const char *path, uint64_t *rows,
                             struct bf_error *e) {
    char fresh[BF_PATH_MAX];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
        return bf_fail(e, BF_ELIMIT, "the path is longer than %d bytes", BF_PATH_MAX);
    FILE *f = fopen(fresh, "wb");
    if (!f)
        return bf_fail(e, BF_EIO, "%s: %s", fresh, strerror(errno));
    const struct bf_sink to = {put_bytes, f};
    enum bf_err err = bf_export(from, &to, rows, e);
    if (!err && (fflush(f) || fsync(fileno(f))))
        err = bf_fail(e, BF_EIO, "write %s: %s", fresh, strerror(errno));
    fclose(f);
    if (!err && rename(fresh, path) != 0)
        err = bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
    if (err)
        unlink(fresh);
    return err;
}

int bf_daemon_export(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    struct bf_snapshot s;
    struct bf_error e;
    uint64_t rows;
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 1, 1) && bf_client_snapshot(&c, &s)) {
        const struct bf_sink out = {put_bytes, stdout};
        bool to_stdout = is(argv[1], "-");
        enum bf_err err = to_stdout ? bf_export(s.store, &out, &rows, &e)
                                    : export_to(s.store, argv[1], &rows, &e);
        bf_snapshot_close(&s);
        status = err ? fail(&c, &e) : BF_EXIT_FINE;
        if (!err && !to_stdout)
            bf_client_say(&c, false, BF_T_ADMIN_EXPORTED,
                          BF_ARGS(bf_arg_int((int64_t)rows), bf_arg_str(bf_str_of(argv[1]))));
    }
    bf_client_fini(&c);
    return status;
}
