/* banfa test PATH… [--only TEXT] [--assume NAME=VALUE]: runs scenarios; ends on "N passed, N failed". A failure
** prints the timeline up to it. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/scenario.h"
#include "engine/sim/timeline.h"

struct tally {
    uint32_t passed, failed;
};

static void tell_json(const struct bf_sim *s, uint32_t scenario, struct bf_buf *out) {
    bf_str file;
    uint32_t line;
    bf_sim_place(s, scenario, &file, &line);
    bf_buf_z(out, "{\"scenario\":");
    bf_json_text(bf_i_text(s->image, s->image->scenario[scenario].title), out);
    bf_buf_z(out, ",\"file\":");
    bf_json_text(file, out);
    bf_buf_fmt(out, ",\"line\":%u,\"passed\":%s", line,
               s->verdict == BF_SIM_PASSED ? "true" : "false");
    if (s->verdict != BF_SIM_PASSED) {
        struct bf_buf why;
        bf_buf_init(&why);
        bf_sim_verdict_text(s, scenario, BF_LANG_EN, &why);
        bf_buf_z(out, ",\"why\":");
        bf_json_text(bf_buf_view(&why), out);
        bf_buf_fini(&why);
    }
    bf_buf_z(out, "}\n");
}

/* The statement that failed, in the author's words; nothing of an image, which has none. */
static void quote(struct bf_cli_policy *p, const struct bf_sim *s, uint32_t scenario,
                  struct bf_buf *out) {
    bf_str file;
    uint32_t line;
    bf_sim_place(s, scenario, &file, &line);
    for (uint32_t i = 0; p->program && i < p->sources.count; i++)
        if (bf_str_eq(p->sources.file[i].name, file)) {
            bf_buf_z(out, "    ");
            bf_buf_str(out, bf_source_line(&p->sources, i, line));
            bf_buf_char(out, '\n');
            return;
        }
}

static void tell(const struct bf_cli *cli, struct bf_cli_policy *p, const struct bf_sim *s,
                 uint32_t scenario, struct bf_buf *out) {
    if (cli->json) {
        tell_json(s, scenario, out);
        return;
    }
    if (s->verdict == BF_SIM_PASSED)
        return;
    bf_timeline_text(s, scenario, cli->lang, out);
    bf_buf_char(out, '\n');
    bf_text_render(out, cli->lang, BF_T_CLI_TEST_FAILED,
                   BF_ARGS(bf_arg_str(bf_i_text(s->image, s->image->scenario[scenario].title))));
    bf_buf_char(out, '\n');
    bf_sim_verdict_text(s, scenario, cli->lang, out);
    bf_buf_char(out, '\n');
    quote(p, s, scenario, out);
    bf_buf_char(out, '\n');
}

/* Tells it, or says that memory ran out: words live in the scenario's arena. */
static void tell_all(const struct bf_cli *cli, struct bf_cli_policy *p, const struct bf_sim *s,
                     uint32_t scenario, struct bf_buf *out) {
    jmp_buf jump, *before = bf_arena_on_exhausted(s->arena, &jump);
    if (setjmp(jump) == 0)
        tell(cli, p, s, scenario, out);
    else
        out->failed = true;
    bf_arena_on_exhausted(s->arena, before);
}

/* Runs the scenarios of one policy whose titles contain `only`. Returns an exit status. */
static int test(struct bf_cli *cli, const char *path, const char *only,
                const struct bf_cli_assume *as, struct tally *t) {
    struct bf_cli_policy p;
    struct bf_sim_options options = {.until = BF_INSTANT_NONE};
    int status =
        bf_cli_policy_open(cli, path, BF_CLI_IMAGE | BF_CLI_SCENARIOS | BF_CLI_CALENDAR, &p);
    if (!status)
        status = bf_cli_assume_values(cli, as, &p, &options.assume);
    for (uint32_t i = 0; !status && i < p.image->scenario_count; i++) {
        struct bf_buf out;
        struct bf_arena *a;
        if (only &&
            !bf_str_contains(bf_i_text(p.image, p.image->scenario[i].title), bf_str_of(only)))
            continue;
        if (!(a = bf_cli_scenario_arena(cli))) {
            status = BF_EXIT_USAGE;
            break;
        }
        struct bf_sim *s = bf_sim_run(a, p.image, p.calendar, i, &options);
        s->verdict == BF_SIM_PASSED ? t->passed++ : t->failed++;
        bf_buf_init(&out);
        tell_all(cli, &p, s, i, &out);
        if (!bf_cli_write(cli, &out))
            status = BF_EXIT_USAGE;
        bf_buf_fini(&out);
        bf_arena_free(a);
    }
    bf_cli_policy_close(&p);
    return status;
}

int bf_cmd_test(struct bf_cli *cli, int argc, char **argv) {
    struct bf_cli_assume assume;
    struct tally t = {0, 0};
    int status = BF_EXIT_FINE;
    const char *only = bf_cli_value(&argc, argv, "--only");
    bf_cli_assume_take(&assume, &argc, argv);
    if (!bf_cli_operands(cli, &argc, argv, 1, -1))
        return BF_EXIT_USAGE;
    for (int i = 1; i < argc; i++) {
        int one = test(cli, argv[i], only, &assume, &t);
        status = one > status ? one : status;
    }
    if (only && !status && t.passed + t.failed == 0)
        return bf_cli_missing(cli, BF_T_CLI_ONLY_NONE, BF_ARGS(bf_arg_str(bf_str_of(only))));
    if (status && !t.passed && !t.failed)
        return status; /* nothing was run: why, is told */
    if (cli->json)
        printf("{\"failed\":%u,\"passed\":%u}\n", t.failed, t.passed);
    else
        printf("%u passed, %u failed\n", t.passed, t.failed);
    return t.failed && !status ? BF_EXIT_ERRORS : status;
}
