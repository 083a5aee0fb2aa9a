/* banfa decide PATH NAME [JSON|-]: answers a decision. One JSON object in (its arguments by name), one out:
** {"because":[{"cites":["15.1"],"rule":2}],"result":…}, the rules that fired by their place in the table, and
** "provisional":true where a later calendar may change it. With "-" one a line, until the input ends; a line that cannot be answered gives {"error":…} and the status 1. Registers
** are empty.
*/
#include <stdio.h>
#include <string.h>

#include "cli/scenario.h"
#include "engine/sim/decide.h"
#include "lang/base/mem.h"

enum { LINE_MAX_BYTES = 1 << 20 };

struct decide {
    struct bf_cli *cli;
    const struct bf_image *m;
    uint32_t decision;
    struct bf_arena *arena; /* of one question */
    struct bf_world world;
    struct bf_buf error;
};

/* ---- the question ---- */

static bool ask(struct decide *d, json_t *j, struct bf_buf *out) {
    struct bf_question q = {.image = d->m,
                            .world = &d->world,
                            .arena = d->arena,
                            .decision = d->decision,
                            .args = j,
                            .lang = d->cli->lang,
                            .error = &d->error};
    enum bf_why why;
    bf_buf_char(out, '{');
    bool ok = bf_decide_answer(&q, &why, out) == BF_DECIDED;
    bf_buf_z(out, "}\n");
    return ok;
}

/* One text in, one line appended to out, or d->error filled. */
static bool answer(struct decide *d, const char *text, size_t len, struct bf_buf *out) {
    json_error_t wrong;
    jmp_buf jump;
    d->error.len = 0;
    json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong);
    if (!j) {
        bf_text_render(&d->error, d->cli->lang, BF_T_DECIDE_JSON,
                       BF_ARGS(bf_arg_int(wrong.column), bf_arg_str(bf_str_of(wrong.text))));
        return false;
    }
    bool ok = false;
    jmp_buf *before = bf_arena_on_exhausted(d->arena, &jump);
    if (setjmp(jump) == 0)
        ok = ask(d, j, out);
    else
        d->error.failed = true;
    bf_arena_on_exhausted(d->arena, before);
    bf_arena_reset(d->arena);
    json_decref(j);
    return ok;
}

static int one(struct decide *d, const char *text, struct bf_buf *out) {
    if (answer(d, text, strlen(text), out))
        return bf_cli_write(d->cli, out) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    if (d->cli->json) {
        struct bf_buf line;
        bf_buf_init(&line);
        bf_buf_z(&line, "{\"error\":");
        bf_json_text(bf_buf_view(&d->error), &line);
        bf_buf_z(&line, "}\n");
        bf_cli_write(d->cli, &line);
        bf_buf_fini(&line);
        return BF_EXIT_ERRORS;
    }
    fprintf(stderr, "banfa decide: %.*s\n", (int)d->error.len, d->error.len ? d->error.p : "");
    return BF_EXIT_ERRORS;
}

/* The next line without its end; false at the end of the input. Longer ones are cut off, and say so. */
static bool read_line(struct bf_buf *line, bool *too_long) {
    int c;
    line->len = 0;
    *too_long = false;
    while ((c = getc(stdin)) != EOF && c != '\n')
        if (line->len < LINE_MAX_BYTES)
            bf_buf_char(line, (char)c);
        else
            *too_long = true;
    return c != EOF || line->len > 0;
}

static int lines(struct decide *d, struct bf_buf *out) {
    struct bf_buf line;
    bool too_long;
    int status = BF_EXIT_FINE;
    bf_buf_init(&line);
    while (status != BF_EXIT_USAGE && read_line(&line, &too_long)) {
        out->len = 0;
        if (line.len == 0 && !too_long)
            continue;
        d->error.len = 0;
        if (too_long)
            bf_text_render(&d->error, d->cli->lang, BF_T_DUE_LONG_LINE,
                           BF_ARGS(bf_arg_int(LINE_MAX_BYTES)));
        if (too_long || !answer(d, line.p, line.len, out)) {
            out->len = 0;
            bf_buf_z(out, "{\"error\":");
            bf_json_text(bf_buf_view(&d->error), out);
            bf_buf_z(out, "}\n");
            status = BF_EXIT_ERRORS;
        }
        out->failed |= line.failed || d->error.failed;
        if (!bf_cli_write(d->cli, out))
            status = BF_EXIT_USAGE;
    }
    if (ferror(stdin)) {
        struct bf_error e;
        bf_fail(&e, BF_EIO, "stdin");
        status = bf_cli_fail(d->cli, &e);
    }
    bf_buf_fini(&line);
    return status;
}

/* ---- the command ---- */

static bool find(struct decide *d, const char *name) {
    struct bf_buf names;
    d->decision = bf_decide_find(d->m, bf_str_of(name));
    if (d->decision != BF_NONE)
        return true;
    bf_buf_init(&names);
    for (uint32_t i = 0; i < d->m->decision_count; i++) {
        bf_buf_z(&names, i ? ", " : "");
        bf_buf_str(&names, bf_i_text(d->m, d->m->decision[i].name));
    }
    bf_cli_missing(d->cli, BF_T_DECIDE_NO_DECISION,
                   BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_str(bf_buf_view(&names))));
    bf_buf_fini(&names);
    return false;
}

static int run(struct decide *d, const char *name, const char *question) {
    struct bf_buf out;
    if (!find(d, name))
        return BF_EXIT_USAGE;
    d->arena = bf_cli_scenario_arena(d->cli);
    if (!d->arena)
        return BF_EXIT_USAGE;
    bf_buf_init(&out);
    bf_buf_init(&d->error);
    int status = strcmp(question, "-") == 0 ? lines(d, &out) : one(d, question, &out);
    bf_buf_fini(&d->error);
    bf_buf_fini(&out);
    bf_arena_free(d->arena);
    return status;
}

int bf_cmd_decide(struct bf_cli *cli, int argc, char **argv) {
    struct bf_cli_assume as = {.count = 0};
    struct bf_cli_policy p;
    struct decide d = {.cli = cli};
    bf_cli_assume_take(&as, &argc, argv);
    if (!bf_cli_operands(cli, &argc, argv, 2, 3))
        return BF_EXIT_USAGE;
    json_set_alloc_funcs(bf_malloc, bf_free);
    int status = bf_cli_policy_open(cli, argv[1], BF_CLI_IMAGE | BF_CLI_CALENDAR, &p);
    if (status == BF_EXIT_FINE)
        status = bf_cli_assume_values(cli, &as, &p, &d.world.assume);
    if (status == BF_EXIT_FINE) {
        d.m = p.image;
        d.world.calendar = p.calendar;
        status = run(&d, argv[2], argc > 3 ? argv[3] : "{}");
    }
    bf_cli_policy_close(&p);
    return status;
}
