/* banfa measure: what a policy's measures come to over the cases of a journal. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/journal.h"
#include "cli/scenario.h"
#include "engine/sim/figures.h"

struct asked {
    const char *path, *name;
    bf_day from, to;
};

static enum bf_err read_file(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    *got = fread(p, 1, n, ctx);
    return ferror((FILE *)ctx) ? bf_fail(e, BF_EIO, "%s", strerror(errno)) : BF_OK;
}

static int tell(const struct bf_cli *cli, const struct asked *asked, const struct bf_figures *f) {
    struct bf_buf out;
    if (asked->name && !f->count)
        return bf_cli_missing(cli, BF_T_MEASURE_NONE, BF_ARGS(bf_arg_str(bf_str_of(asked->name))));
    bf_buf_init(&out);
    if (cli->json) {
        bf_figures_json(f, &out);
        bf_buf_char(&out, '\n');
    } else {
        bf_figures_text(f, cli->lang, &out);
    }
    int status = bf_cli_write(cli, &out) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    bf_buf_fini(&out);
    return status;
}

static int measure(const struct bf_cli *cli, const struct asked *asked, struct bf_arena *a,
                   FILE *file) {
    const struct bf_supply from = {read_file, file};
    struct bf_journal_in *in = NULL;
    struct bf_figures f;
    struct bf_error e;
    volatile int status = BF_EXIT_USAGE;
    jmp_buf full;
    enum bf_err err = bf_journal_in_open(&from, &in, &e);
    if (setjmp(full)) {
        bf_fail(&e, BF_ENOMEM, "%s: out of memory", asked->path);
        status = bf_cli_fail(cli, &e);
    } else {
        bf_arena_on_exhausted(a, &full);
        bf_figures_init(&f, a, asked->from, asked->to,
                        asked->name ? bf_str_of(asked->name) : (bf_str){"", 0});
        if (!err)
            err = bf_figures_read(&f, in, &e);
        if (!err) {
            status = tell(cli, asked, &f);
        } else {
            bf_error_wrap(&e, "%s", asked->path);
            bf_cli_fail(cli, &e);
            status = err == BF_EFORMAT ? BF_EXIT_ERRORS : BF_EXIT_USAGE;
        }
    }
    bf_journal_in_free(in);
    return status;
}

static bool read_day(const struct bf_cli *cli, const char *z, bf_day *day) {
    if (!z || bf_day_parse(bf_str_of(z), day))
        return true;
    bf_cli_usage(cli, BF_T_MEASURE_DATE, BF_ARGS(bf_arg_str(bf_str_of(z))));
    return false;
}

int bf_cmd_measure(struct bf_cli *cli, int argc, char **argv) {
    const char *from = bf_cli_value(&argc, argv, "--from");
    const char *to = bf_cli_value(&argc, argv, "--to");
    struct asked asked = {.from = BF_DAY_ANY_FROM, .to = BF_DAY_ANY_TO};
    if (!bf_cli_operands(cli, &argc, argv, 1, 2) || !read_day(cli, from, &asked.from) ||
        !read_day(cli, to, &asked.to))
        return BF_EXIT_USAGE;
    asked.path = argv[1];
    asked.name = argc > 2 ? argv[2] : NULL;
    FILE *file = fopen(asked.path, "rb");
    struct bf_arena *a = file ? bf_cli_scenario_arena(cli) : NULL;
    int status = BF_EXIT_USAGE;
    if (!file) {
        struct bf_error e;
        bf_fail(&e, BF_EIO, "%s: %s", asked.path, strerror(errno));
        return bf_cli_fail(cli, &e);
    }
    if (a)
        status = measure(cli, &asked, a, file);
    bf_arena_free(a);
    fclose(file);
    return status;
}
