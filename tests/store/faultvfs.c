/* faultvfs: see faultvfs.h. */
#include "tests/store/faultvfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/assert.h"
#include "tests/unit/test.h"

enum { SECTOR = 512 };

struct change { /* a write, or a cut (no bytes), that is not synced */
    struct change *next, *before;
    char path[256];
    sqlite3_int64 offset; /* of a cut: the size after it */
    sqlite3_int64 size;   /* of the file before it */
    int len;              /* 0: a cut */
    int old_len;          /* bytes that were there before, from offset on */
    unsigned char *bytes, *old;
};
struct file {
    sqlite3_file base;
    const char *path; /* SQLite keeps it while the file is open; NULL: a temporary one */
    sqlite3_file *real;
};

static struct {
    pthread_mutex_t mutex;
    sqlite3_vfs vfs, *real;
    bool armed, hit;
    enum fault_kind kind;
    long left;
    uint64_t seed;
    struct change *first, *last;
} fault = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static sqlite3_file *real_of(sqlite3_file *f) { return ((struct file *)(void *)f)->real; }

/* ---- the changes ---- */

static void drop(struct change *c) {
    *(c->before ? &c->before->next : &fault.first) = c->next;
    *(c->next ? &c->next->before : &fault.last) = c->before;
    free(c->bytes);
    free(c->old);
    free(c);
}

static void drop_path(const char *path) {
    for (struct change *c = fault.first, *next; c; c = next) {
        next = c->next;
        if (strcmp(c->path, path) == 0)
            drop(c);
    }
}

static void note(struct file *f, const void *bytes, int len, sqlite3_int64 offset) {
    struct change *c = calloc(1, sizeof *c);
    BF_ASSERT(c && strlen(f->path) < sizeof c->path);
    strcpy(c->path, f->path);
    f->real->pMethods->xFileSize(f->real, &c->size);
    c->offset = offset;
    c->len = len;
    sqlite3_int64 old_end = len && offset + len < c->size ? offset + len : c->size;
    c->old_len = old_end > offset ? (int)(old_end - offset) : 0;
    c->old = malloc((size_t)c->old_len + 1);
    c->bytes = malloc((size_t)len + 1);
    BF_ASSERT(c->old && c->bytes);
    if (len)
        memcpy(c->bytes, bytes, (size_t)len);
    if (c->old_len)
        f->real->pMethods->xRead(f->real, c->old, c->old_len, offset);
    c->before = fault.last;
    *(fault.last ? &fault.last->next : &fault.first) = c;
    fault.last = c;
}

static void undo(const struct change *c, int fd) {
    BF_ASSERT(pwrite(fd, c->old, (size_t)c->old_len, c->offset) == c->old_len);
    BF_ASSERT(ftruncate(fd, c->size) == 0);
}

static void redo_in_parts(const struct change *c, int fd) {
    if (!c->len && test_random(&fault.seed) % 2)
        BF_ASSERT(ftruncate(fd, c->offset) == 0);
    for (int at = 0; at < c->len; at += SECTOR) {
        int part = c->len - at < SECTOR ? c->len - at : SECTOR;
        if (test_random(&fault.seed) % 2)
            BF_ASSERT(pwrite(fd, c->bytes + at, (size_t)part, c->offset + at) == part);
    }
}

void faultvfs_lose(void) {
    for (struct change *c = fault.last; c; c = c->before) {
        int fd = open(c->path, O_RDWR);
        if (fd >= 0)
            undo(c, fd);
        close(fd);
    }
    for (struct change *c = fault.first; c && fault.kind == FAULT_TORN; c = c->next) {
        int fd = open(c->path, O_RDWR);
        if (fd >= 0)
            redo_in_parts(c, fd);
        close(fd);
    }
    while (fault.first)
        drop(fault.first);
}

/* ---- what may fail ---- */

void faultvfs_arm(enum fault_kind kind, long nth, uint64_t seed) {
    pthread_mutex_lock(&fault.mutex);
    fault.armed = true;
    fault.hit = false;
    fault.kind = kind;
    fault.left = nth;
    fault.seed = seed;
    pthread_mutex_unlock(&fault.mutex);
}

bool faultvfs_disarm(void) {
    pthread_mutex_lock(&fault.mutex);
    fault.armed = false;
    bool hit = fault.hit;
    pthread_mutex_unlock(&fault.mutex);
    return hit;
}

static bool off(void) {
    return fault.armed && fault.hit && (fault.kind == FAULT_CRASH || fault.kind == FAULT_TORN);
}

/* Under the mutex: does this one fail? */
static bool fails(void) {
    if (off())
        return true;
    if (!fault.armed || fault.hit || fault.left-- > 0)
        return false;
    return fault.hit = true;
}

static bool for_want_of_room(void) { return fault.kind == FAULT_FULL || fault.kind == FAULT_SHORT; }

static int write_file(sqlite3_file *file, const void *p, int len, sqlite3_int64 offset) {
    struct file *f = (struct file *)(void *)file;
    pthread_mutex_lock(&fault.mutex);
    int rc = SQLITE_OK, done = len;
    if (fails()) {
        rc = for_want_of_room() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        done = fault.kind == FAULT_SHORT ? len / 2 : 0;
    }
    if (done && f->path)
        note(f, p, done, offset);
    if (done) {
        int written = f->real->pMethods->xWrite(f->real, p, done, offset);
        rc = rc ? rc : written;
    }
    pthread_mutex_unlock(&fault.mutex);
    return rc;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    struct file *f = (struct file *)(void *)file;
    pthread_mutex_lock(&fault.mutex);
    int rc = SQLITE_IOERR_TRUNCATE;
    if (!fails()) {
        if (f->path)
            note(f, NULL, 0, size);
        rc = f->real->pMethods->xTruncate(f->real, size);
    }
    pthread_mutex_unlock(&fault.mutex);
    return rc;
}

static int sync_file(sqlite3_file *file, int flags) {
    struct file *f = (struct file *)(void *)file;
    (void)flags;
    pthread_mutex_lock(&fault.mutex);
    bool failed = fails();
    if (!failed && f->path)
        drop_path(f->path);
    pthread_mutex_unlock(&fault.mutex);
    return failed ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

/* ---- what is passed on ---- */

static int close_file(sqlite3_file *f) {
    int rc = real_of(f)->pMethods->xClose(real_of(f));
    free(real_of(f));
    return rc;
}
static int read_file(sqlite3_file *f, void *p, int len, sqlite3_int64 offset) {
    return real_of(f)->pMethods->xRead(real_of(f), p, len, offset);
}
static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int lock_file(sqlite3_file *f, int level) {
    return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int unlock_file(sqlite3_file *f, int level) {
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int check_lock(sqlite3_file *f, int *out) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int control_file(sqlite3_file *f, int op, void *arg) {
    /* A hint may grow the file unseen. */
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int sector_size(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int characteristics(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int shm_unmap(sqlite3_file *f, int del) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), del);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out) {
    struct file *f = (struct file *)(void *)file;
    (void)vfs;
    f->base.pMethods = NULL;
    pthread_mutex_lock(&fault.mutex);
    bool failed = fails();
    pthread_mutex_unlock(&fault.mutex);
    if (failed)
        return SQLITE_CANTOPEN;
    f->path = path;
    f->real = calloc(1, (size_t)fault.real->szOsFile);
    BF_ASSERT(f->real);
    int rc = fault.real->xOpen(fault.real, path, f->real, flags, out);
    if (rc)
        free(f->real);
    else
        f->base.pMethods = &methods;
    return rc;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    (void)sync;
    pthread_mutex_lock(&fault.mutex);
    int rc = SQLITE_IOERR_DELETE;
    if (!off()) {
        drop_path(path);
        rc = fault.real->xDelete(fault.real, path, 0);
    }
    pthread_mutex_unlock(&fault.mutex);
    return rc;
}

void faultvfs_register(void) {
    fault.real = sqlite3_vfs_find(NULL);
    fault.vfs = *fault.real;
    fault.vfs.szOsFile = sizeof(struct file);
    fault.vfs.zName = FAULT_VFS;
    fault.vfs.xOpen = open_file;
    fault.vfs.xDelete = delete_file;
    BF_ASSERT(sqlite3_vfs_register(&fault.vfs, 0) == SQLITE_OK);
}
