/* cli: what the subcommands of banfa share, and those of banfad (cli/banfad) with them.
**
** A subcommand NAME is one file, cli/cmd_NAME.c, with the function bf_cmd_NAME, and one row of
** cli/commands.def. argv[0] is its name; flags that every command takes (--json, --lang,
** --ambiguous-width, --help, --version) are gone from argv and stand in struct bf_cli.
** It returns an exit status: 0 fine, 1 errors in the input or failed tests, 2 usage or I/O.
*/
#ifndef BF_CLI_H
#define BF_CLI_H

#include "lang/base/diag.h"

enum { BF_EXIT_FINE = 0, BF_EXIT_ERRORS = 1, BF_EXIT_USAGE = 2 };

struct bf_cli;

struct bf_cli_command {
    const char *name;
    int (*run)(struct bf_cli *cli, int argc, char **argv);
    const char *usage;   /* what follows the name */
    const char *help[2]; /* one line, by enum bf_lang */
};

struct bf_cli {
    const char *program;                   /* "banfa" */
    const struct bf_cli_command *commands; /* the last one has no name */
    enum bf_text_id common_flags;          /* what help says of the flags of all */
    const struct bf_cli_command *command;  /* NULL before one is chosen */
    enum bf_lang lang;
    int ambiguous_width;
    bool json;
};

#define CMD(name, usage, en, zh) int bf_cmd_##name(struct bf_cli *cli, int argc, char **argv);
#include "cli/commands.def"
#undef CMD

/* Takes the common flags, finds the command (where none is named: `otherwise`, which may be NULL) and runs it. Returns
** the exit status of the program, all output written. */
int bf_cli_main(struct bf_cli *cli, const char *otherwise, int argc, char **argv);

/* ---- options; each takes what it finds out of argv, and leaves what follows "--" alone ---- */

/* Was the option name ("--strict") given? */
bool bf_cli_flag(int *argc, char **argv, const char *name);
/* The value of "NAME VALUE" or "NAME=VALUE", NULL if not given; call again for a repeated one.
** A name without a value stays in argv, where bf_cli_operands complains about it. */
const char *bf_cli_value(int *argc, char **argv, const char *name);
/* After the options: complains about an option left over, and about fewer than min or more than
** max operands (max < 0: any number); drops a "--". On false the command returns BF_EXIT_USAGE. */
bool bf_cli_operands(const struct bf_cli *cli, int *argc, char **argv, int min, int max);

/* ---- output ---- */

/* Says on stderr what is wrong with the command line, and how to use the command. Returns
** BF_EXIT_USAGE. */
int bf_cli_usage(const struct bf_cli *cli, enum bf_text_id text, const bf_arg *args, int nargs);
/* … that what it names is not there; how to use the command would be no help. */
int bf_cli_missing(const struct bf_cli *cli, enum bf_text_id text, const bf_arg *args, int nargs);
/* Says on stderr how the world failed. Returns BF_EXIT_USAGE. */
int bf_cli_fail(const struct bf_cli *cli, const struct bf_error *e);
/* Writes the buffer to stdout; returns false, having told it, when it cannot be written or ran out
** of memory. */
bool bf_cli_write(const struct bf_cli *cli, const struct bf_buf *out);
/* How to render diagnostics to stdout. */
struct bf_render bf_cli_render(const struct bf_cli *cli);

#endif
