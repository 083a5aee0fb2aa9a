/* Client: the commands that ask the service: one HTTP request over the local socket of the database, whose owner is
** an operator. If no daemon serves the database, the same service is opened in this process, without a listener, and
** answers the same bytes.
*/
#ifndef BF_CLIENT_H
#define BF_CLIENT_H

#include <jansson.h>

#include "cli/banfad/banfad.h"
#include "engine/service/closed.h"

struct bf_client {
    struct bf_cli *cli;
    struct bf_settings settings;
    const char *database; /* path */
};

struct bf_reply {
    int status; /* of HTTP */
    bf_str type, body;
    json_t *json; /* the body, if it is JSON; NULL */
};

/* Takes the settings and checks the operands. False: complained; exit with BF_EXIT_USAGE. End with bf_client_fini either way. */
bool bf_client_take(struct bf_client *c, struct bf_cli *cli, int *argc, char **argv, int min,
                    int max);
void bf_client_fini(struct bf_client *c);

/* A request; path is encoded already (bf_client_path). type NULL: no body. False: the world failed, and it was said. */
bool bf_client_send(struct bf_client *c, const char *method, const char *path, const char *type,
                    bf_str body, struct bf_reply *r);
/* "/v1/tokens/" and a name, percent-encoded. In the settings' arena. */
const char *bf_client_path(struct bf_client *c, const char *before, const char *name,
                           const char *after);
/* Says a problem, or with --json shows any body as it is; true: there is still an answer to be told in text. */
bool bf_client_answer(struct bf_client *c, const struct bf_reply *r, int *status);

/* ---- a store to read at leisure ---- */
/* The database itself if nobody serves it, else a backup of it, which goes when it is closed. False: said. */
struct bf_snapshot {
    struct bf_closed *store;
    const char *copy; /* NULL: it is the database itself */
};
bool bf_client_snapshot(struct bf_client *c, struct bf_snapshot *out);
void bf_snapshot_close(struct bf_snapshot *s);

/* ---- telling ---- */
/* A line on stdout, or with `wrong` on stderr. */
void bf_client_say(struct bf_client *c, bool wrong, enum bf_text_id text, const bf_arg *args,
                   int nargs);
struct bf_column {
    const char *member; /* of each row */
    enum bf_text_id title;
};
void bf_client_table(struct bf_client *c, const json_t *rows, const struct bf_column *columns,
                     int count);
bf_str bf_json_member(const json_t *j, const char *name); /* a text; else empty */

#endif
