/* Copies: those of a database that commands make beside it while a daemon serves it, to read them at leisure
** (DATABASE.copy-…). Who was killed leaves his behind; the next start of the daemon removes it.
*/
#ifndef BF_COPIES_H
#define BF_COPIES_H

#include "lang/base/error.h"
#include "lang/base/stdlib.h"
#include "lang/base/text.h"

/* A name that no other has, in the folder where the database itself is. BF_ELIMIT: too long. */
enum bf_err bf_copy_name(const char *database, char out[BF_PATH_MAX], struct bf_error *e);
/* Is there room for one, and some left for the daemon? Bytes; where the system cannot tell, there is. */
bool bf_copy_fits(const char *database, uint64_t *needed, uint64_t *there);
/* With all that stands beside it. */
void bf_copy_remove(const char *path);
/* All that nobody has open. Returns how many there were. */
unsigned bf_copies_remove(const char *database);

#endif
