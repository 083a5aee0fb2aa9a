/* main: banfa, the tool of those who write and evaluate policies. */
#include "cli/cli.h"

static const struct bf_cli_command commands[] = {
#define CMD(name, usage, en, zh) {#name, bf_cmd_##name, usage, {en, zh}},
#include "cli/commands.def"
#undef CMD
    {0},
};

int main(int argc, char **argv) {
    struct bf_cli cli = {.program = "banfa",
                         .commands = commands,
                         .common_flags = BF_T_CLI_COMMON_FLAGS,
                         .ambiguous_width = 1};
    return bf_cli_main(&cli, NULL, argc, argv);
}
