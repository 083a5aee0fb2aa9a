/* Journal files, as the commands write and read them. */
#ifndef BF_CLI_JOURNAL_H
#define BF_CLI_JOURNAL_H

#include "cli/cli.h"
#include "engine/sim/sim.h"

/* Is the file a journal, by its first bytes? What cannot be opened is not: another will say so. */
bool bf_cli_is_journal(const char *path);
/* Writes a scenario's run. Its salts are zero: nothing in it is secret, and equal runs make equal files. Returns an
** exit status, having told what failed. */
int bf_cli_journal_write(const struct bf_cli *cli, const char *path, const struct bf_sim *s);
/* banfa explain JOURNAL CASE [--at INSTANT] */
int bf_cli_journal_explain(const struct bf_cli *cli, const char *path, const char *number,
                           const char *at);

#endif
