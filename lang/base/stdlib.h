/* Stdlib: where the modules and calendars that come with Banfa are.
**
** $BANFA_STDLIB if set; else, for a program still in its build tree, the sources' stdlib; else
** ../share/banfa/stdlib beside the program's folder, so that an installation may be moved; else that of the
** prefix it was built for. The build tree goes before, so that an older installation never answers for it.
*/
#ifndef BF_STDLIB_H
#define BF_STDLIB_H

#include "lang/base/error.h"
#include "lang/base/text.h"

#define BF_PATH_MAX 4096

/* The folder, without a slash at its end. BF_ENOENT if there is none. */
enum bf_err bf_stdlib_dir(char out[BF_PATH_MAX], struct bf_error *e);

/* Reads a whole file into the arena (a NUL follows). ENOENT, EIO, ELIMIT (over max bytes, which are
** at most 4 GiB). */
enum bf_err bf_file_read(struct bf_arena *a, const char *path, size_t max, bf_str *out,
                         struct bf_error *e);

#endif
