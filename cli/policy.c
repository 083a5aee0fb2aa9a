/* policy: the way from a path to an image; see policy.h. This is the entry point that a compilation out of
** memory jumps to. */
#include "cli/policy.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/stdlib.h"

#define MEMORY_MAX \
    ((size_t)16 << 30) /* of one compilation; far above any policy, below any machine's despair */
#define SHOWN_MAX 100  /* diagnostics told whole; the rest is counted */
#define IMAGE_MAX ((size_t)1 << 30)
#define MAGIC "BanfaImg"

static bool is_image(const char *path) {
    char head[sizeof MAGIC - 1];
    FILE *f = fopen(path, "rb");
    bool yes =
        f && fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, MAGIC, sizeof head) == 0;
    if (f)
        fclose(f);
    return yes;
}

static enum bf_err open_image(struct bf_cli_policy *p, const char *path, struct bf_error *e) {
    bf_str bytes;
    enum bf_err err = bf_file_read(p->arena, path, IMAGE_MAX, &bytes, e);
    if (err)
        return err;
    p->bytes = (const uint8_t *)bytes.p;
    p->size = bytes.len;
    if (bf_image_load(p->arena, p->bytes, p->size, &p->image, e))
        return bf_error_wrap(e, "%s", path);
    return BF_OK;
}

static enum bf_err compile(struct bf_cli_policy *p, const char *path, unsigned how,
                           struct bf_error *e) {
    char stdlib[BF_PATH_MAX];
    enum bf_err err = bf_stdlib_dir(stdlib, e);
    if (!err)
        err = bf_load_policy(&p->parse, path, stdlib, &p->program, e);
    if (err)
        return err;
    bf_check(p->program);
    bf_diags_sort(p->parse.diags);
    if (!(how & BF_CLI_IMAGE) || bf_diags_count(p->parse.diags, BF_SEV_ERROR))
        return BF_OK;
    if (!bf_lower(p->program, how & BF_CLI_SCENARIOS, &p->bytes, &p->size)) {
        bf_diags_sort(p->parse.diags);
        return BF_OK;
    }
    return bf_image_load(p->arena, p->bytes, p->size, &p->image, e);
}

static bool told_mistakes(struct bf_cli *cli, struct bf_cli_policy *p) {
    if (!bf_diags_count(p->parse.diags, BF_SEV_ERROR))
        return false;
    struct bf_render how = bf_cli_render(cli);
    struct bf_buf out;
    bf_buf_init(&out);
    bf_diags_render(p->parse.diags, &how, 1u << BF_SEV_ERROR | 1u << BF_SEV_WARNING, &out);
    fwrite(out.p, 1, out.len, stderr);
    bf_buf_fini(&out);
    return true;
}

/* The calendar it counts by: beside its sources or its image, else the library's. */
static int open_calendar(struct bf_cli *cli, const char *path, struct bf_cli_policy *p) {
    struct bf_error e = {0};
    const char *slash = strrchr(path, '/');
    const char *beside = slash ? bf_str_z(p->arena, (bf_str){path, (uint32_t)(slash - path)}) : ".";
    bf_str name = p->image ? bf_i_text(p->image, p->image->policy.calendar)
                  : p->program && !bf_diags_count(p->parse.diags, BF_SEV_ERROR)
                      ? bf_str_of(p->program->calendar)
                      : BF_STR("");
    if (!name.len)
        return BF_EXIT_FINE;
    if (!bf_calendar_find(p->arena, p->program ? p->program->folder : &beside,
                          p->program ? p->program->folder_count : 1, name, BF_DAY_MAX, &p->calendar,
                          &e))
        return BF_EXIT_FINE;
    int status = bf_cli_fail(cli, &e);
    return e.code == BF_EFORMAT ? BF_EXIT_ERRORS : status;
}

static int open_within(struct bf_cli *cli, const char *path, unsigned how,
                       struct bf_cli_policy *p) {
    struct bf_error e = {0};
    bool image = is_image(path);
    p->sources.arena = p->arena;
    p->parse =
        (struct bf_parse){p->arena, &p->sources, bf_diags_new(p->arena, &p->sources, SHOWN_MAX),
                          bf_names_new(p->arena), 1};
    enum bf_err err = image ? open_image(p, path, &e) : compile(p, path, how, &e);
    if (err) {
        bf_cli_fail(cli, &e);
        return image && err == BF_EFORMAT ? BF_EXIT_ERRORS : BF_EXIT_USAGE;
    }
    if (!(how & BF_CLI_QUIET) && told_mistakes(cli, p))
        return BF_EXIT_ERRORS;
    return how & BF_CLI_CALENDAR ? open_calendar(cli, path, p) : BF_EXIT_FINE;
}

int bf_cli_policy_open(struct bf_cli *cli, const char *path, unsigned how,
                       struct bf_cli_policy *p) {
    struct bf_error e = {0};
    jmp_buf jump;
    *p = (struct bf_cli_policy){.arena = bf_arena_new(MEMORY_MAX)};
    if (!p->arena || setjmp(jump)) {
        bf_fail(&e, BF_ENOMEM, "%s: out of memory", path);
        return bf_cli_fail(cli, &e);
    }
    bf_arena_on_exhausted(p->arena, &jump);
    int status = open_within(cli, path, how, p);
    bf_arena_on_exhausted(p->arena, NULL);
    return status;
}

void bf_cli_policy_close(struct bf_cli_policy *p) {
    bf_arena_free(p->arena);
    p->arena = NULL;
}
