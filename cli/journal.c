/* journal: see journal.h. */
#include "cli/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/scenario.h"
#include "engine/sim/record.h"
#include "engine/sim/standing.h"

bool bf_cli_is_journal(const char *path) {
    static const char first[] = "banfa journal ";
    char got[sizeof first - 1];
    FILE *f = fopen(path, "rb");
    bool is =
        f && fread(got, 1, sizeof got, f) == sizeof got && memcmp(got, first, sizeof got) == 0;
    if (f)
        fclose(f);
    return is;
}

/* ---- writing ---- */

static enum bf_err write_file(void *ctx, const void *p, size_t n, struct bf_error *e) {
    return fwrite(p, 1, n, ctx) == n ? BF_OK : bf_fail(e, BF_EIO, "%s", strerror(errno));
}

static enum bf_err write_row(const struct bf_sim *s, struct bf_journal_out *o, uint32_t i,
                             struct bf_error *e) {
    static const uint8_t salt[BF_MERKLE_SALT];
    uint8_t head[BF_ENTRY_HEAD];
    struct bf_entry n;
    struct bf_buf body;
    bf_record_entry(s, i, &n);
    bf_entry_head_write(&n.head, head);
    bf_buf_init(&body);
    bf_entry_body(&n, &body);
    enum bf_err err = body.failed ? bf_fail(e, BF_ENOMEM, "out of memory")
                                  : bf_journal_out_row(o, head, salt, bf_buf_view(&body), e);
    bf_buf_fini(&body);
    return err;
}

static enum bf_err write_run(const struct bf_sim *s, FILE *f, struct bf_error *e) {
    const struct bf_sink sink = {write_file, f};
    struct bf_journal_out *o = NULL;
    enum bf_err err = bf_journal_out_open(&sink, BF_HASH_SHA256, &o, e);
    if (err)
        return err;
    for (uint32_t i = 0; !err && i < s->texts; i++)
        err = bf_journal_out_image(o, s->text[i].image, e);
    if (!err)
        err = bf_journal_out_calendar(o, bf_calendar_name(s->calendar),
                                      bf_calendar_bytes(s->calendar), e);
    for (uint32_t i = 0; !err && i < bf_record_count(s); i++)
        err = write_row(s, o, i, e);
    if (!err)
        err = bf_journal_out_end(o, e);
    bf_journal_out_free(o);
    return err;
}

int bf_cli_journal_write(const struct bf_cli *cli, const char *path, const struct bf_sim *s) {
    struct bf_error e;
    FILE *f = fopen(path, "wb");
    enum bf_err err = f ? write_run(s, f, &e) : bf_fail(&e, BF_EIO, "%s", strerror(errno));
    if (f && fclose(f) && !err)
        err = bf_fail(&e, BF_EIO, "%s", strerror(errno));
    if (!err)
        return BF_EXIT_FINE;
    bf_error_wrap(&e, "%s", path);
    return bf_cli_fail(cli, &e);
}

/* ---- reading ---- */

static enum bf_err read_file(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    *got = fread(p, 1, n, ctx);
    return ferror((FILE *)ctx) ? bf_fail(e, BF_EIO, "%s", strerror(errno)) : BF_OK;
}

static bool read_at(void *ctx, const struct bf_calendar *c, bf_instant *at) {
    return bf_cli_instant(c, ctx, at);
}

static bool read_number(const char *z, uint64_t *number) {
    *number = 0;
    for (; *z >= '0' && *z <= '9' && *number < UINT32_MAX; z++)
        *number = *number * 10 + (uint64_t)(*z - '0');
    return !*z && *number > 0;
}

static int told(const struct bf_cli *cli, const struct bf_standing *s) {
    struct bf_buf out;
    bf_buf_init(&out);
    if (cli->json)
        bf_explain_json(s, &out);
    else
        bf_explain_text(s, cli->lang, &out);
    int status = bf_cli_write(cli, &out) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    bf_buf_fini(&out);
    return status;
}

static int explain(const struct bf_cli *cli, struct bf_arena *a, struct bf_journal_in *in,
                   const char *path, const char *case_z, const char *at_z) {
    const struct bf_asked_at at = {at_z ? read_at : NULL, (void *)(uintptr_t)at_z};
    enum bf_standing_verdict verdict;
    struct bf_standing s;
    struct bf_error e;
    uint64_t number;
    if (!read_number(case_z, &number))
        return bf_cli_usage(cli, BF_T_CLI_CASE_NUMBER, BF_ARGS(bf_arg_str(bf_str_of(case_z))));
    enum bf_err err = bf_standing_read(a, in, number, &at, &s, &verdict, &e);
    if (err) {
        bf_error_wrap(&e, "%s", path);
        bf_cli_fail(cli, &e);
        return err == BF_EFORMAT ? BF_EXIT_ERRORS : BF_EXIT_USAGE;
    }
    switch (verdict) {
    case BF_STANDING_READ: break;
    case BF_STANDING_NO_CASE:
        return bf_cli_missing(cli, BF_T_CLI_NO_CASE, BF_ARGS(bf_arg_str(bf_str_of(case_z))));
    case BF_STANDING_EARLIER:
        return bf_cli_missing(cli, BF_T_CLI_CASE_LATER,
                              BF_ARGS(bf_arg_str(bf_str_of(case_z)), bf_arg_str(bf_str_of(at_z))));
    case BF_STANDING_BAD_AT:
        return bf_cli_usage(cli, BF_T_CLI_BAD_INSTANT, BF_ARGS(bf_arg_str(bf_str_of(at_z))));
    }
    return told(cli, &s);
}

static int explain_file(const struct bf_cli *cli, FILE *f, const char *path, const char *number,
                        const char *at) {
    const struct bf_supply from = {read_file, f};
    struct bf_journal_in *in = NULL;
    struct bf_error e;
    struct bf_arena *volatile a = bf_cli_scenario_arena(cli);
    int status = BF_EXIT_USAGE;
    jmp_buf full;
    if (!a)
        return status;
    if (bf_journal_in_open(&from, &in, &e)) {
        bf_error_wrap(&e, "%s", path);
        status = bf_cli_fail(cli, &e);
    } else if (setjmp(full)) {
        bf_fail(&e, BF_ENOMEM, "%s: out of memory", path);
        status = bf_cli_fail(cli, &e);
    } else {
        bf_arena_on_exhausted(a, &full);
        status = explain(cli, a, in, path, number, at);
    }
    bf_journal_in_free(in);
    bf_arena_free(a);
    return status;
}

int bf_cli_journal_explain(const struct bf_cli *cli, const char *path, const char *number,
                           const char *at) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        struct bf_error e;
        bf_fail(&e, BF_EIO, "%s: %s", path, strerror(errno));
        return bf_cli_fail(cli, &e);
    }
    int status = explain_file(cli, f, path, number, at);
    fclose(f);
    return status;
}
