/* faultvfs: a file system for SQLite that fails, over the real one.
**
** It counts what may fail (opening, writing, cutting, syncing a file) and lets the Nth fail. It knows what was written
** and not yet synced, and takes it back when the machine is said to have crashed. It syncs nothing itself: what
** a sync would have saved is saved here by definition.
*/
#ifndef BF_FAULTVFS_H
#define BF_FAULTVFS_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_VFS "fault"

enum fault_kind {
    FAULT_EIO,   /* the Nth fails, nothing of it was done */
    FAULT_FULL,  /* the same, for want of room */
    FAULT_SHORT, /* the Nth does half of it, then finds no room */
    FAULT_CRASH, /* the Nth and all that follow fail: power is off */
    FAULT_TORN,  /* as CRASH, and of what was not synced some sectors are there and some not */
    FAULT_KINDS
};

void faultvfs_register(void);
void faultvfs_arm(enum fault_kind kind, long nth, uint64_t seed); /* nth from 0 */
/* No more faults. Was the Nth reached? */
bool faultvfs_disarm(void);
/* When all files are closed: takes back what was not synced, with FAULT_TORN in parts. */
void faultvfs_lose(void);

#endif
