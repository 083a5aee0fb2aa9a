/* The pages of docs/messages, as they were when the program was built. */
#ifndef BF_CLI_MESSAGE_H
#define BF_CLI_MESSAGE_H

#include "cli/cli.h"

/* Does it look like the code of a message? "E0507" */
bool bf_cli_is_code(const char *z);
/* banfa explain CODE: what it means, in the user's language, with the wrong and the right example. Returns an exit status. */
int bf_cli_message(const struct bf_cli *cli, const char *code);

#endif
