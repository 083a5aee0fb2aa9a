/* A policy as the commands take it: a folder, a source file, or a compiled image. */
#ifndef BF_CLI_POLICY_H
#define BF_CLI_POLICY_H

#include "cli/cli.h"
#include "engine/core/calendar.h"
#include "lang/image/compile.h"

struct bf_cli_policy {
    struct bf_arena *arena; /* owns all below */
    struct bf_sources sources;
    struct bf_parse parse;
    struct bf_program *program; /* NULL: an image was opened */
    const uint8_t *bytes;       /* the image's */
    size_t size;
    struct bf_image *image;             /* NULL: not asked for, or there were mistakes */
    const struct bf_calendar *calendar; /* as asked for with BF_CLI_CALENDAR */
};

enum {
    BF_CLI_IMAGE = 1,     /* lower and load the image, if there were no mistakes */
    BF_CLI_SCENARIOS = 2, /* with its scenarios */
    BF_CLI_CALENDAR = 4,  /* and the calendar it names */
    BF_CLI_QUIET = 8      /* leave the diagnostics to the caller, who renders p->parse.diags */
};

/* Opens what path names. Unless QUIET, mistakes go to stderr (findings about the law and notes do not: they are
** `check`'s) and the status is BF_EXIT_ERRORS. A file that cannot be read, an image that is damaged, a compilation
** past its memory: told on stderr, BF_EXIT_USAGE (BF_EXIT_ERRORS for a damaged image). Close it in any case. */
int bf_cli_policy_open(struct bf_cli *cli, const char *path, unsigned how, struct bf_cli_policy *p);
void bf_cli_policy_close(struct bf_cli_policy *p);

#endif
