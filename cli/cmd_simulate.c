/* banfa simulate PATH SCENARIO [--journal FILE]: the timeline of a scenario. banfa explain PATH SCENARIO [--at
** INSTANT]: why its cases stand where they stand; they differ in what they tell. banfa explain JOURNAL CASE tells of
** a case that was, and runs nothing. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/journal.h"
#include "cli/message.h"
#include "cli/scenario.h"
#include "engine/sim/explain.h"
#include "engine/sim/timeline.h"

typedef void teller(const struct bf_sim *s, uint32_t scenario, const struct bf_cli *cli,
                    struct bf_buf *out);

static void tell_timeline(const struct bf_sim *s, uint32_t scenario, const struct bf_cli *cli,
                          struct bf_buf *out) {
    if (cli->json)
        bf_timeline_json(s, scenario, out);
    else
        bf_timeline_text(s, scenario, cli->lang, out);
}

static void tell_standing(const struct bf_sim *s, uint32_t scenario, const struct bf_cli *cli,
                          struct bf_buf *out) {
    struct bf_standing standing = bf_sim_standing(s);
    (void)scenario;
    if (cli->json)
        bf_explain_json(&standing, out);
    else
        bf_explain_text(&standing, cli->lang, out);
}

/* What the options of the two commands ask for; NULL: not. */
struct asked {
    const char *at, *journal, *as;
    teller *tell;
};

/* Tells it, or says that memory ran out: words live in the scenario's arena. */
static void tell_all(teller *tell, const struct bf_sim *s, uint32_t scenario,
                     const struct bf_cli *cli, struct bf_buf *out) {
    jmp_buf jump, *before = bf_arena_on_exhausted(s->arena, &jump);
    if (setjmp(jump) == 0)
        tell(s, scenario, cli, out);
    else
        out->failed = true;
    bf_arena_on_exhausted(s->arena, before);
}

static int run(struct bf_cli *cli, struct bf_cli_policy *p, const char *title,
               const struct asked *asked, const struct bf_cli_assume *as) {
    struct bf_sim_options options = {.until = BF_INSTANT_NONE};
    uint32_t scenario = bf_cli_scenario_find(cli, p->image, title);
    if (scenario == BF_NONE)
        return BF_EXIT_USAGE;
    if (asked->at && !bf_cli_instant(p->calendar, asked->at, &options.until))
        return bf_cli_usage(cli, BF_T_CLI_BAD_INSTANT, BF_ARGS(bf_arg_str(bf_str_of(asked->at))));
    int status = bf_cli_assume_values(cli, as, p, &options.assume);
    struct bf_arena *a = status ? NULL : bf_cli_scenario_arena(cli);
    if (!a)
        return status ? status : BF_EXIT_USAGE;
    struct bf_sim *s = bf_sim_run(a, p->image, p->calendar, scenario, &options);
    struct bf_value reader;
    struct bf_buf out;
    if (asked->as && !bf_sim_party(s, bf_str_of(asked->as), &reader)) {
        bf_arena_free(a);
        return bf_cli_missing(cli, BF_T_CLI_NO_PARTY, BF_ARGS(bf_arg_str(bf_str_of(asked->as))));
    }
    s->reader = asked->as ? &reader : NULL;
    bf_buf_init(&out);
    tell_all(asked->tell, s, scenario, cli, &out);
    if (s->verdict != BF_SIM_PASSED) {
        struct bf_buf why;
        bf_buf_init(&why);
        bf_sim_verdict_text(s, scenario, cli->lang, &why);
        fprintf(stderr, "%.*s\n", (int)why.len, why.p ? why.p : "");
        bf_buf_fini(&why);
    }
    status = !bf_cli_write(cli, &out)      ? BF_EXIT_USAGE
             : s->verdict == BF_SIM_PASSED ? BF_EXIT_FINE
                                           : BF_EXIT_ERRORS;
    bf_buf_fini(&out);
    int written = asked->journal ? bf_cli_journal_write(cli, asked->journal, s) : BF_EXIT_FINE;
    bf_arena_free(a);
    return written ? written : status;
}

static int command(struct bf_cli *cli, int argc, char **argv, const struct asked *asked) {
    struct bf_cli_assume assume;
    struct bf_cli_policy p;
    bf_cli_assume_take(&assume, &argc, argv);
    if (!bf_cli_operands(cli, &argc, argv, 2, 2))
        return BF_EXIT_USAGE;
    if (asked->tell == tell_standing && bf_cli_is_journal(argv[1]))
        return bf_cli_journal_explain(cli, argv[1], argv[2], asked->at);
    int status =
        bf_cli_policy_open(cli, argv[1], BF_CLI_IMAGE | BF_CLI_SCENARIOS | BF_CLI_CALENDAR, &p);
    if (!status)
        status = run(cli, &p, argv[2], asked, &assume);
    bf_cli_policy_close(&p);
    return status;
}

int bf_cmd_simulate(struct bf_cli *cli, int argc, char **argv) {
    struct asked asked = {.journal = bf_cli_value(&argc, argv, "--journal"),
                          .as = bf_cli_value(&argc, argv, "--as"),
                          .tell = tell_timeline};
    return command(cli, argc, argv, &asked);
}

int bf_cmd_explain(struct bf_cli *cli, int argc, char **argv) {
    if (argc == 2 && bf_cli_is_code(argv[1]))
        return bf_cli_message(cli, argv[1]);
    struct asked asked = {.at = bf_cli_value(&argc, argv, "--at"),
                          .as = bf_cli_value(&argc, argv, "--as"),
                          .tell = tell_standing};
    return command(cli, argc, argv, &asked);
}
