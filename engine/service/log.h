/* Log: what the service does, one line of JSON each, for whoever gathers such lines.
**
** 1. A line goes to a writer that never blocks: it takes the whole line or says no. What it did not take is counted,
**    and the next line it takes says how many are missing ("dropped").
** 2. A line is valid UTF-8 and JSON whatever is logged, at most BF_LOG_LINE bytes; a longer text is cut.
** 3. A token never shows: in whatever text it stands, it is masked. Other secrets are not to be given.
** 4. No heap, no clock but the one given.
** Also W3C Trace Context, level 1: the traceparent header.
*/
#ifndef BF_LOG_H
#define BF_LOG_H

#include "lang/base/text.h"

enum bf_log_level {
    BF_LOG_DEBUG,
    BF_LOG_INFO,
    BF_LOG_WARNING,
    BF_LOG_ERROR
}; /* as the setting log_level */

struct bf_trace {
    uint8_t trace[16], span[8];
    uint8_t flags; /* 1: sampled */
};

struct bf_log_field {
    const char *key; /* of small letters, digits and _ */
    bool is_int;
    bf_str s;
    int64_t i;
};
#define BF_LOG_STR(key_, s_) ((struct bf_log_field){.key = (key_), .s = (s_)})
#define BF_LOG_INT(key_, i_) ((struct bf_log_field){.key = (key_), .is_int = true, .i = (i_)})
#define BF_LOG_FIELDS(...) \
    ((const struct bf_log_field[]){__VA_ARGS__}), \
        (int)(sizeof((const struct bf_log_field[]){__VA_ARGS__}) / sizeof(struct bf_log_field))

#define BF_LOG_LINE 4096

struct bf_log {
    enum bf_log_level level;
    int64_t (*now_ms)(void *ctx);                           /* since 1970 UTC */
    bool (*write)(void *ctx, const char *line, size_t len); /* the line ends with a newline */
    void *ctx;
    uint64_t dropped, dropped_told; /* all, and those that a line has told of */
};

/* What a line belongs to; both may be empty or NULL. */
struct bf_log_about {
    bf_str request;
    const struct bf_trace *trace;
};

/* event: a short fixed name, "request_done"; what varies is in fields. about may be NULL. */
void bf_log(struct bf_log *log, enum bf_log_level level, const char *event,
            const struct bf_log_about *about, const struct bf_log_field *fields, int count);
const char *bf_log_level_word(enum bf_log_level level);

/* The header's value without blanks around it. False: not valid, *t untouched, begin a trace of one's own. */
bool bf_trace_read(bf_str header, struct bf_trace *t);
#define BF_TRACE_TEXT 56
const char *bf_trace_print(const struct bf_trace *t,
                           char out[BF_TRACE_TEXT]);               /* version 00; returns out */
void bf_trace_start(struct bf_trace *t, const uint8_t random[24]); /* a trace of one's own */
void bf_trace_child(struct bf_trace *t, const uint8_t random[8]);  /* the same trace, our span */

#endif
