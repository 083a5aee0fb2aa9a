/* Source: the files of one compilation, kept in memory as read, and places in them.
**
** A span is a file number and two byte offsets. Lines and columns (characters from 1) are derived
** when something is shown.
*/
#ifndef BF_SOURCE_H
#define BF_SOURCE_H

#include "lang/base/error.h"
#include "lang/base/text.h"

typedef struct {
    uint32_t file;       /* index in bf_sources; BF_NO_FILE if nowhere */
    uint32_t start, end; /* byte offsets, end exclusive */
} bf_span;
#define BF_NO_FILE UINT32_MAX
#define BF_NO_SPAN ((bf_span){BF_NO_FILE, 0, 0})

struct bf_source {
    bf_str name;     /* as shown: the path relative to what the user named */
    bf_str text;     /* NUL follows the last byte */
    uint32_t *lines; /* offset of each line's first byte; built when first needed */
    uint32_t line_count;
};

struct bf_sources {
    struct bf_arena *arena;
    struct bf_source *file;
    uint32_t count, cap;
};

/* Reads a file ("-": standard input) or takes text (copied). The new file's number goes to *file.
** A text over 1 GiB is refused. */
enum bf_err bf_source_read(struct bf_sources *s, const char *path, bf_str name, uint32_t *file,
                           struct bf_error *e);
uint32_t bf_source_add(struct bf_sources *s, bf_str name, bf_str text);

struct bf_place {
    uint32_t line, column; /* from 1; column counts characters */
};
struct bf_place bf_source_place(struct bf_sources *s, uint32_t file, uint32_t offset);
bf_str bf_source_line(struct bf_sources *s, uint32_t file, uint32_t line); /* without its end */

#endif
