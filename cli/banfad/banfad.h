/* banfad: what its subcommands share. A subcommand NAME is one file, cli/banfad/cmd_NAME.c, with the function
** bf_daemon_NAME, and one row of cli/banfad/commands.def; see cli/cli.h for the rest.
*/
#ifndef BF_BANFAD_H
#define BF_BANFAD_H

#include "cli/cli.h"
#include "engine/service/config.h"

#define CMD(name, usage, en, zh) int bf_daemon_##name(struct bf_cli *cli, int argc, char **argv);
#include "cli/banfad/commands.def"
#undef CMD

/* The settings, and what they were read from, so that they can be read again. */
struct bf_settings {
    struct bf_arena *arena;
    struct bf_config_result r;
    const char *file; /* NULL: none */
    const char **flags;
    int flag_count;
};
/* Takes --config and the flags that name settings out of argv and reads all sources ($BANFA_CONFIG names the file
** where --config does not); with `all`, every flag that is left must name one. Complains and returns false if one is wrong; warnings are told and no reason to stop. */
bool bf_settings_take(struct bf_cli *cli, bool all, int *argc, char **argv,
                      struct bf_settings *out);
/* The same sources again, into an arena. False: it says on `problems` what is wrong. */
bool bf_settings_again(const struct bf_settings *s, struct bf_arena *a,
                       struct bf_config_result *out, enum bf_lang lang, struct bf_buf *problems);
void bf_settings_fini(struct bf_settings *s);
/* A setting's text, NUL-terminated, in the settings' arena. */
const char *bf_setting_z(const struct bf_settings *s, enum bf_config_id id);

#endif
