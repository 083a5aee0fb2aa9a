/* The world failing: a file that cannot be read, memory that is not there. (An author's mistake is
** a diagnostic, a refused event a step result, our own bug an assertion.)
**
** Functions that can fail this way return enum bf_err and fill a struct bf_error given as last
** parameter, which they leave untouched on success. A caller that passes it on wraps it outward:
** "open policy: a.banfa: No such file or directory".
*/
#ifndef BF_ERROR_H
#define BF_ERROR_H

#include "lang/base/text.h"

enum bf_err {
    BF_OK = 0,
    BF_ENOMEM,
    BF_EIO, /* the system said no; errno is in the text */
    BF_ENOENT,
    BF_EFORMAT, /* a file is not what it should be: corrupted, truncated, of another version */
    BF_ELIMIT,  /* a named limit was reached */
    BF_EFULL,   /* no room on the disk; nothing changed */
    BF_EBUSY,   /* another has it */
};

struct bf_error {
    enum bf_err code;
    char text[512];
    char zh[512]; /* the same in Chinese; empty where only the text is there */
};

enum bf_err bf_fail(struct bf_error *e, enum bf_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void bf_error_in_chinese(struct bf_error *e, bf_str text); /* after bf_fail */
enum bf_err bf_error_wrap(struct bf_error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* prefixes "…: "; returns e->code */

#endif
