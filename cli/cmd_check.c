/* cmd_check: banfa check [--gaps] [--strict] PATH…: what is wrong with a policy, and where the law is
** silent. Mistakes are always told; gaps and notes with --gaps, with what notes and assumptions
** declare, else counted. */
#include <string.h>

#include "cli/policy.h"
#include "lang/check/coverage.h"

struct counts {
    uint32_t of[4]; /* by enum bf_severity */
};

static int check_one(struct bf_cli *cli, const char *path, unsigned mask, struct bf_buf *out,
                     struct counts *counts) {
    struct bf_cli_policy p;
    int status = bf_cli_policy_open(cli, path, BF_CLI_QUIET | BF_CLI_CALENDAR, &p);
    if (status == BF_EXIT_ERRORS && p.program) { /* its calendar: told, and counted with the rest */
        counts->of[BF_SEV_ERROR]++;
        status = BF_EXIT_FINE;
    }
    if (status == BF_EXIT_FINE && !p.program) {
        status = bf_cli_missing(cli, BF_T_CHECK_SOURCES, BF_ARGS(bf_arg_str(bf_str_of(path))));
    } else if (status == BF_EXIT_FINE) {
        struct bf_render how = bf_cli_render(cli);
        bf_diags_render(p.parse.diags, &how, mask, out);
        if (mask & 1u << BF_SEV_GAP)
            bf_coverage_report(p.program, cli->lang, cli->json, out);
        for (int sev = BF_SEV_ERROR; sev <= BF_SEV_NOTE; sev++)
            counts->of[sev] += bf_diags_count(p.parse.diags, (enum bf_severity)sev);
    }
    bf_cli_policy_close(&p);
    return status;
}

static void close_text(const struct bf_cli *cli, const struct counts *n, bool gaps,
                       struct bf_buf *out) {
    static const enum bf_text_id words[] = {BF_T_CHECK_ERRORS, BF_T_CHECK_WARNINGS, BF_T_CHECK_GAPS,
                                            BF_T_CHECK_NOTES};
    bool any = false;
    for (int sev = BF_SEV_ERROR; sev <= BF_SEV_NOTE; sev++) {
        if (!n->of[sev])
            continue;
        if (any)
            bf_buf_z(out, bf_text_z(cli->lang, BF_T_CHECK_AND));
        any = true;
        bf_text_render(out, cli->lang, words[sev], BF_ARGS(bf_arg_int(n->of[sev])));
    }
    if (!any)
        bf_buf_z(out, bf_text_z(cli->lang, BF_T_CHECK_FINE));
    if (!gaps && (n->of[BF_SEV_GAP] || n->of[BF_SEV_NOTE]))
        bf_buf_z(out, bf_text_z(cli->lang, BF_T_CHECK_SEE_GAPS));
    bf_buf_char(out, '\n');
}

static void close_json(const struct counts *n, struct bf_buf *out) {
    bf_buf_fmt(out, "{\"errors\":%u,\"gaps\":%u,\"notes\":%u,\"warnings\":%u}\n",
               n->of[BF_SEV_ERROR], n->of[BF_SEV_GAP], n->of[BF_SEV_NOTE], n->of[BF_SEV_WARNING]);
}

int bf_cmd_check(struct bf_cli *cli, int argc, char **argv) {
    bool gaps = bf_cli_flag(&argc, argv, "--gaps");
    bool strict = bf_cli_flag(&argc, argv, "--strict");
    if (!bf_cli_operands(cli, &argc, argv, 1, -1))
        return BF_EXIT_USAGE;
    unsigned mask = 1u << BF_SEV_ERROR | 1u << BF_SEV_WARNING;
    if (gaps)
        mask |= 1u << BF_SEV_GAP | 1u << BF_SEV_NOTE;
    struct counts counts = {{0}};
    struct bf_buf out;
    int status = BF_EXIT_FINE;
    bf_buf_init(&out);
    for (int i = 1; i < argc && status == BF_EXIT_FINE; i++)
        status = check_one(cli, argv[i], mask, &out, &counts);
    if (status == BF_EXIT_FINE) {
        if (cli->json)
            close_json(&counts, &out);
        else
            close_text(cli, &counts, gaps, &out);
        if (counts.of[BF_SEV_ERROR])
            status = BF_EXIT_ERRORS;
        for (int sev = BF_SEV_WARNING; strict && sev <= BF_SEV_NOTE; sev++)
            if (counts.of[sev])
                status = BF_EXIT_ERRORS;
    }
    if (!bf_cli_write(cli, &out))
        status = BF_EXIT_USAGE;
    bf_buf_fini(&out);
    return status;
}
