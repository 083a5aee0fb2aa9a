/* main: banfad, the service and the tools of those who run it. */
#include <stdio.h>

#include "cli/banfad/banfad.h"

static const struct bf_cli_command commands[] = {
#define CMD(name, usage, en, zh) {#name, bf_daemon_##name, usage, {en, zh}},
#include "cli/banfad/commands.def"
#undef CMD
    {0},
};

int main(int argc, char **argv) {
    struct bf_cli cli = {.program = "banfad",
                         .commands = commands,
                         .common_flags = BF_T_DAEMON_FLAGS,
                         .ambiguous_width = 1};
    return bf_cli_main(&cli, "serve", argc, argv);
}
