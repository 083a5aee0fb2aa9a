/* Config: the settings of banfad (config.def), each checked at start, each with where it came from.
**
** A later source wins: defaults, the file, the environment (BANFA_…), flags (--name=value).
** The file: UTF-8, a line is `name = value`; what follows a # at the beginning or after a blank is a comment.
** Values: COUNT 1000; BYTES 16384, 16KiB, 1MiB, 1GiB; TIME 250ms, 30s, 5min, 1h, 1d; ADDRESS 127.0.0.1:8710, [::1]:8710.
**
** 1. Everything wrong is reported, each with its place, the value and what is allowed; nothing is taken from a source
**    that is wrong.
** 2. What bf_config_print writes, read as a file, gives the same settings.
** 3. Nothing here opens a socket or a file but bf_config_read_file; nothing here is a secret.
** An unknown variable BANFA_… is an error only if it is nearly a setting's name: what starts containers adds such
** variables by itself. Otherwise it is a warning.
*/
#ifndef BF_CONFIG_H
#define BF_CONFIG_H

#include "lang/base/diag.h"
#include "lang/base/error.h"

enum bf_config_id {
#define OPTION(name, type, value, min, max, reload, en, zh) BF_CONFIG_##name,
#include "engine/service/config.def"
    BF_CONFIG_COUNT
};

enum bf_config_from { BF_CONFIG_DEFAULT, BF_CONFIG_FILE, BF_CONFIG_ENV, BF_CONFIG_FLAG };

struct bf_config_value {
    bf_str text; /* as written */
    int64_t n; /* COUNT; BYTES in bytes; TIME in ms; LEVEL: 0 debug … 3 error; ADDRESS: the port */
    bf_str host; /* ADDRESS: without the brackets */
    enum bf_config_from from;
    bf_str file; /* FILE: its name and line */
    uint32_t line;
};

struct bf_config {
    struct bf_config_value v[BF_CONFIG_COUNT];
};

struct bf_config_problem {
    bool warning;
    bf_str place; /* "banfad.conf:3", "BANFA_LISTEN", "--listen" */
    enum bf_text_id text;
    const bf_arg *args;
    int nargs;
    const struct bf_config_problem *next;
};

struct bf_config_input {
    bf_str file_name, file;  /* bytes; empty: none */
    const char *const *env;  /* NULL-terminated "NAME=value"; NULL: none */
    const char *const *args; /* flags of settings only */
    int arg_count;
};

struct bf_config_result {
    struct bf_config config;
    uint32_t errors, warnings;
    const struct bf_config_problem *problems; /* in the order of the sources */
};

/* Reads all sources. The arena owns all texts. Use the config only if errors is 0. */
void bf_config_load(struct bf_arena *a, const struct bf_config_input *in,
                    struct bf_config_result *out);
/* The bytes of a config file, 1 MiB at the most. */
enum bf_err bf_config_read_file(struct bf_arena *a, const char *path, bf_str *bytes,
                                struct bf_error *e);

/* "banfad.conf:3: error: …", a line each. */
void bf_config_problems_print(const struct bf_config_result *r, enum bf_lang lang,
                              struct bf_buf *out);
void bf_config_print(const struct bf_config *c, enum bf_lang lang,
                     struct bf_buf *out);                   /* --print-config */
void bf_config_help(enum bf_lang lang, struct bf_buf *out); /* --help: the settings */

const char *bf_config_name(enum bf_config_id id); /* "cache_cases" */
static inline int64_t bf_config_int(const struct bf_config *c, enum bf_config_id id) {
    return c->v[id].n;
}
static inline bf_str bf_config_text(const struct bf_config *c, enum bf_config_id id) {
    return c->v[id].text;
}

/* A reload: what `fresh` (loaded without errors, in the same arena or a longer-lived one) sets anew. Settings that
** may change while running are taken over into `now`; the others stay and are named. Bits are 1 << id. */
struct bf_config_reload {
    uint64_t changed, restart;
};
struct bf_config_reload bf_config_reload(struct bf_config *now, const struct bf_config *fresh);
/* before: a copy of what `now` was. */
void bf_config_reload_print(struct bf_config_reload r, const struct bf_config *before,
                            const struct bf_config *fresh, enum bf_lang lang, struct bf_buf *out);

#endif
