/* cli: see cli.h. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void take_out(int *argc, char **argv, int at, int n) {
    for (int i = at; i + n <= *argc; i++) /* the closing NULL moves too */
        argv[i] = argv[i + n];
    *argc -= n;
}

bool bf_cli_flag(int *argc, char **argv, const char *name) {
    bool found = false;
    for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0;) {
        if (strcmp(argv[i], name) == 0) {
            found = true;
            take_out(argc, argv, i, 1);
        } else {
            i++;
        }
    }
    return found;
}

const char *bf_cli_value(int *argc, char **argv, const char *name) {
    size_t len = strlen(name);
    for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        const char *arg = argv[i];
        if (strncmp(arg, name, len) != 0)
            continue;
        if (arg[len] == '=') {
            take_out(argc, argv, i, 1);
            return arg + len + 1;
        }
        if (arg[len] == 0 && i + 1 < *argc && strcmp(argv[i + 1], "--") != 0) {
            const char *value = argv[i + 1];
            take_out(argc, argv, i, 2);
            return value;
        }
    }
    return NULL;
}

bool bf_cli_operands(const struct bf_cli *cli, int *argc, char **argv, int min, int max) {
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            take_out(argc, argv, i, 1);
            break;
        }
        if (argv[i][0] == '-' && argv[i][1]) {
            bf_cli_usage(cli, BF_T_CLI_BAD_OPTION, BF_ARGS(bf_arg_str(bf_str_of(argv[i]))));
            return false;
        }
    }
    int given = *argc - 1;
    if (given >= min && (max < 0 || given <= max))
        return true;
    bf_cli_usage(cli, given < min ? BF_T_CLI_TOO_FEW : BF_T_CLI_TOO_MANY, BF_NOARGS);
    return false;
}

static void complain(const struct bf_cli *cli, const char *text, size_t len) {
    const char *command = cli->command ? cli->command->name : NULL;
    fprintf(stderr, "%s%s%s: %.*s\n", cli->program, command ? " " : "", command ? command : "",
            (int)len, text);
}

int bf_cli_missing(const struct bf_cli *cli, enum bf_text_id text, const bf_arg *args, int nargs) {
    struct bf_buf buf;
    bf_buf_init(&buf);
    bf_text_render(&buf, cli->lang, text, args, nargs);
    complain(cli, buf.p ? buf.p : "", buf.len);
    bf_buf_fini(&buf);
    return BF_EXIT_USAGE;
}

int bf_cli_usage(const struct bf_cli *cli, enum bf_text_id text, const bf_arg *args, int nargs) {
    bf_cli_missing(cli, text, args, nargs);
    if (cli->command)
        fprintf(stderr, "%s%s %s %s\n", bf_text_z(cli->lang, BF_T_CLI_USAGE), cli->program,
                cli->command->name, cli->command->usage);
    else
        fprintf(stderr, "%s %s\n", cli->program, bf_text_z(cli->lang, BF_T_CLI_SEE_HELP));
    return BF_EXIT_USAGE;
}

/* What kind of trouble, in the reader's language; then the place and the system's own words. */
int bf_cli_fail(const struct bf_cli *cli, const struct bf_error *e) {
    static const enum bf_text_id kind[] = {
        [BF_OK] = BF_T_CLI_EIO,          [BF_ENOMEM] = BF_T_CLI_ENOMEM,
        [BF_EIO] = BF_T_CLI_EIO,         [BF_ENOENT] = BF_T_CLI_ENOENT,
        [BF_EFORMAT] = BF_T_CLI_EFORMAT, [BF_ELIMIT] = BF_T_CLI_ELIMIT,
        [BF_EFULL] = BF_T_CLI_EFULL,     [BF_EBUSY] = BF_T_CLI_EBUSY};
    struct bf_buf buf;
    bf_buf_init(&buf);
    bf_text_render(&buf, cli->lang, kind[e->code], BF_ARGS(bf_arg_str(bf_str_of(e->text))));
    if (cli->lang == BF_LANG_ZH && *e->zh) {
        buf.len = 0;
        bf_buf_z(&buf, e->zh);
    }
    complain(cli, buf.p ? buf.p : e->text, buf.p ? buf.len : strlen(e->text));
    bf_buf_fini(&buf);
    return BF_EXIT_USAGE;
}

bool bf_cli_write(const struct bf_cli *cli, const struct bf_buf *out) {
    struct bf_error e;
    if (out->failed) {
        bf_fail(&e, BF_ENOMEM, "out of memory");
    } else if (fwrite(out->p ? out->p : "", 1, out->len, stdout) != out->len || fflush(stdout)) {
        bf_fail(&e, BF_EIO, "write: %s", strerror(errno));
    } else {
        return true;
    }
    bf_cli_fail(cli, &e);
    return false;
}

struct bf_render bf_cli_render(const struct bf_cli *cli) {
    const char *plain = getenv("NO_COLOR");
    return (struct bf_render){.lang = cli->lang,
                              .ambiguous_width = cli->ambiguous_width,
                              .json = cli->json,
                              .color = isatty(STDOUT_FILENO) && !(plain && *plain)};
}
