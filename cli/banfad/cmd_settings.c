/* banfad settings: what can be set, and how. */
#include "cli/banfad/banfad.h"

int bf_daemon_settings(struct bf_cli *cli, int argc, char **argv) {
    struct bf_buf out;
    if (!bf_cli_operands(cli, &argc, argv, 0, 0))
        return BF_EXIT_USAGE;
    bf_buf_init(&out);
    bf_config_help(cli->lang, &out);
    bool written = bf_cli_write(cli, &out);
    bf_buf_fini(&out);
    return written ? BF_EXIT_FINE : BF_EXIT_USAGE;
}
