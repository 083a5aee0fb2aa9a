/* main: banfad, the service and the tools of those who run it. */
#include <stdint.h>
#include <sys/stat.h>

#include "cli/banfad/banfad.h"
#include "lang/base/mem.h"

static const struct bf_cli_command commands[] = {
#define CMD(name, usage, en, zh) {#name, bf_daemon_##name, usage, {en, zh}},
#include "cli/banfad/commands.def"
#undef CMD
    {0},
};

int main(int argc, char **argv) {
    bf_mem_limit(SIZE_MAX); /* counts from here on; `serve` sets the limit */
    struct bf_cli cli = {.program = "banfad",
                         .commands = commands,
                         .common_flags = BF_T_DAEMON_FLAGS,
                         .ambiguous_width = 1};
    umask(077); /* databases, backups, exports: people's affairs, all of them */
    return bf_cli_main(&cli, "serve", argc, argv);
}
