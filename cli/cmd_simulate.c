/* banfa simulate PATH SCENARIO: the timeline of a scenario. banfa explain PATH SCENARIO [--at INSTANT]: why its
** cases stand where they stand. Both run the scenario; they differ in what they tell. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/scenario.h"
#include "engine/sim/timeline.h"

/* YYYY-MM-DD, or with HH:MM after a T or a space; on the calendar's clock. A day alone is its beginning. */
static bool read_instant(const struct bf_calendar *c, const char *z, bf_instant *at) {
    bf_str s = bf_str_of(z);
    bf_day day;
    int32_t seconds = 0;
    if (s.len < 10 || !bf_day_parse((bf_str){s.p, 10}, &day))
        return false;
    if (s.len > 10 && ((s.p[10] != 'T' && s.p[10] != ' ') ||
                       !bf_clock_parse((bf_str){s.p + 11, s.len - 11}, &seconds)))
        return false;
    *at =
        bf_calendar_instant(c, seconds == BF_DAY_SECONDS ? day + 1 : day, seconds % BF_DAY_SECONDS);
    return true;
}

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
    (void)scenario;
    if (cli->json)
        bf_explain_json(s, out);
    else
        bf_explain_text(s, cli->lang, out);
}

static int run(struct bf_cli *cli, struct bf_cli_policy *p, const char *title, const char *at,
               const struct bf_cli_assume *as, teller *tell) {
    struct bf_sim_options options = {.until = BF_INSTANT_NONE};
    uint32_t scenario = bf_cli_scenario_find(cli, p->image, title);
    if (scenario == BF_NONE)
        return BF_EXIT_USAGE;
    if (at && !read_instant(p->calendar, at, &options.until))
        return bf_cli_usage(cli, BF_T_CLI_BAD_INSTANT, BF_ARGS(bf_arg_str(bf_str_of(at))));
    int status = bf_cli_assume_values(cli, as, p, &options.assume);
    struct bf_arena *a = status ? NULL : bf_cli_scenario_arena(cli);
    if (!a)
        return status ? status : BF_EXIT_USAGE;
    struct bf_sim *s = bf_sim_run(a, p->image, p->calendar, scenario, &options);
    struct bf_buf out;
    bf_buf_init(&out);
    tell(s, scenario, cli, &out);
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
    bf_arena_free(a);
    return status;
}

static int command(struct bf_cli *cli, int argc, char **argv, const char *at, teller *tell) {
    struct bf_cli_assume assume;
    struct bf_cli_policy p;
    bf_cli_assume_take(&assume, &argc, argv);
    if (!bf_cli_operands(cli, &argc, argv, 2, 2))
        return BF_EXIT_USAGE;
    int status =
        bf_cli_policy_open(cli, argv[1], BF_CLI_IMAGE | BF_CLI_SCENARIOS | BF_CLI_CALENDAR, &p);
    if (!status)
        status = run(cli, &p, argv[2], at, &assume, tell);
    bf_cli_policy_close(&p);
    return status;
}

int bf_cmd_simulate(struct bf_cli *cli, int argc, char **argv) {
    return command(cli, argc, argv, NULL, tell_timeline);
}

int bf_cmd_explain(struct bf_cli *cli, int argc, char **argv) {
    const char *at = bf_cli_value(&argc, argv, "--at");
    return command(cli, argc, argv, at, tell_standing);
}
