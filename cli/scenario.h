/* What the commands that run scenarios share: --assume, choosing a scenario, memory for one. */
#ifndef BF_CLI_SCENARIO_H
#define BF_CLI_SCENARIO_H

#include "cli/policy.h"
#include "engine/sim/sim.h"

#define BF_CLI_ASSUMES 64
struct bf_cli_assume {
    const char *given[BF_CLI_ASSUMES]; /* NAME=VALUE */
    int count;
};

/* Takes every --assume NAME=VALUE out of argv. */
void bf_cli_assume_take(struct bf_cli_assume *as, int *argc, char **argv);
/* The policy's assumptions with those values; NULL in *values if none was given. Returns an exit status, having
** told on stderr what is wrong. */
int bf_cli_assume_values(struct bf_cli *cli, const struct bf_cli_assume *as,
                         struct bf_cli_policy *p, const struct bf_value **values);

/* The scenario meant by a title or a part of one. BF_NONE, having told why, if it is not exactly one. */
uint32_t bf_cli_scenario_find(const struct bf_cli *cli, const struct bf_image *m,
                              const char *title);
/* Memory for one scenario; NULL, having told it, when there is none. */
struct bf_arena *bf_cli_scenario_arena(const struct bf_cli *cli);

/* YYYY-MM-DD, or with HH:MM after a T or a space; on the calendar's clock. A day alone is its beginning. */
bool bf_cli_instant(const struct bf_calendar *c, const char *z, bf_instant *at);

#endif
