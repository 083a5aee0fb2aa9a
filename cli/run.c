/* run: the flags that every command takes, the command that is named, its help. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lang/base/mem.h"

static const struct bf_cli_command *find(const struct bf_cli *cli, const char *name) {
    for (const struct bf_cli_command *c = cli->commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static const struct bf_cli_command *find_near(const struct bf_cli *cli, const char *name) {
    const struct bf_cli_command *best = NULL;
    uint32_t near = 3;
    for (const struct bf_cli_command *c = cli->commands; c->name; c++) {
        uint32_t d = bf_str_distance(bf_str_of(c->name), bf_str_of(name), 2);
        if (d < near) {
            best = c;
            near = d;
        }
    }
    return best;
}

static void show_help(const struct bf_cli *cli) {
    const struct bf_cli_command *only = cli->command;
    const char *usage = bf_text_z(cli->lang, BF_T_CLI_USAGE);
    if (only) {
        printf("%s%s %s %s\n\n%s\n", usage, cli->program, only->name, only->usage,
               only->help[cli->lang]);
    } else {
        printf("%s%s %s\n\n", usage, cli->program, bf_text_z(cli->lang, BF_T_CLI_COMMAND_ARGS));
        for (const struct bf_cli_command *c = cli->commands; c->name; c++)
            printf("  %-10s %s\n", c->name, c->help[cli->lang]);
    }
    printf("\n%s\n", bf_text_z(cli->lang, cli->common_flags));
}

/* Takes the common flags. Returns false, having complained, when one has a bad value. */
static bool take_common(struct bf_cli *cli, int *argc, char **argv) {
    const char *lang = bf_cli_value(argc, argv, "--lang");
    if (!bf_lang_choose(lang, &cli->lang)) {
        bf_lang_choose(NULL, &cli->lang);
        bf_cli_usage(cli, BF_T_CLI_BAD_LANG, BF_ARGS(bf_arg_str(bf_str_of(lang))));
        return false;
    }
    const char *width = bf_cli_value(argc, argv, "--ambiguous-width");
    if (width && strcmp(width, "1") != 0 && strcmp(width, "2") != 0) {
        bf_cli_usage(cli, BF_T_CLI_BAD_WIDTH, BF_ARGS(bf_arg_str(bf_str_of(width))));
        return false;
    }
    cli->ambiguous_width = width ? width[0] - '0' : 1;
    cli->json = bf_cli_flag(argc, argv, "--json");
    return true;
}

static int no_such_command(const struct bf_cli *cli, const char *name) {
    const struct bf_cli_command *near = find_near(cli, name);
    if (near)
        return bf_cli_usage(
            cli, BF_T_CLI_NEAR_COMMAND,
            BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_str(bf_str_of(near->name))));
    return bf_cli_usage(cli, BF_T_CLI_NO_COMMAND, BF_ARGS(bf_arg_str(bf_str_of(name))));
}

static int run(struct bf_cli *cli, const char *otherwise, int argc, char **argv) {
    bool help = bf_cli_flag(&argc, argv, "--help");
    help = bf_cli_flag(&argc, argv, "-h") || help;
    if (bf_cli_flag(&argc, argv, "--version")) {
        printf("%s %s\n", cli->program, BANFA_VERSION);
        return BF_EXIT_FINE;
    }
    if (!take_common(cli, &argc, argv))
        return BF_EXIT_USAGE;
    bool named = argc > 1 && (!otherwise || argv[1][0] != '-');
    if (named && !(cli->command = find(cli, argv[1])))
        return no_such_command(cli, argv[1]);
    if (help) {
        show_help(cli);
        return BF_EXIT_FINE;
    }
    if (!named && !otherwise)
        return bf_cli_usage(cli, BF_T_CLI_WHICH_COMMAND, BF_NOARGS);
    if (!named)
        cli->command = find(cli, otherwise);
    return cli->command->run(cli, argc - named, argv + named);
}

int bf_cli_main(struct bf_cli *cli, const char *otherwise, int argc, char **argv) {
    json_set_alloc_funcs(bf_malloc, bf_free);
    int status = run(cli, otherwise, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "%s: write: %s\n", cli->program, strerror(errno));
        return BF_EXIT_USAGE;
    }
    return status;
}
