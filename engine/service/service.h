/* Service: all of a running banfad but its loop and sockets: store, engine, clock, policies, directory, keys. So the
** daemon, its offline commands, tests and simulation run the same service.
**
**   bf_service_open ──ready──▶ serving ──bf_service_stop──▶ idle ──▶ bf_service_close
**
** 1. Nothing is answered before `ready`.
** 2. The directory, the policies and the settings in memory are those of committed rows only.
** 3. All happens on one thread; whoever drives it calls bf_service_turn after each round of input, and when woken.
*/
#ifndef BF_SERVICE_H
#define BF_SERVICE_H

#include "engine/core/checkpoint.h"
#include "engine/service/auth.h"
#include "engine/service/clock.h"
#include "engine/service/config.h"
#include "engine/service/engine.h"
#include "engine/service/log.h"
#include "engine/service/metrics.h"
#include "engine/store/store.h"

/* ---- policies and calendars that are known ---- */
struct bf_policy_known {
    struct bf_engine_policy
        *engine; /* NULL: its calendar was not adopted yet, nothing steps by it */
    const struct bf_image *image;
    bool active;            /* the one of its name that new cases are opened under */
    uint64_t seq;           /* of the row that set it; 0: brought, and set by none yet */
    uint64_t activated;     /* the same, since the engine knows that it is active */
    struct bf_arena *arena; /* of the image */
};
struct bf_calendar_known {
    const struct bf_calendar *calendar;
    bool adopted; /* the one of its name that is counted by */
    uint64_t seq; /* as above */
    struct bf_arena *arena;
};

/* Settings of the service itself: SETTING rows of kind "service", and the member of the same name in their JSON. */
#define BF_SERVICE_SETTING "service"
#define BF_SETTING_ORIGIN \
    "origin" /* {"origin":TEXT}: of the tree; a restored copy has one of its own */
#define BF_RESTORED \
    "/restored-" /* in the origin of a copy, behind that of what it was restored from */
#define BF_SETTING_HELD "held" /* {"held":true}: nothing is delivered until activated */

/* The key that signs checkpoints: DATA/signing.key, the 32 bytes of its seed, of mode 0600. */
#define BF_SERVICE_KEY "signing.key"
/* BF_ENOENT: there is none. BF_EFORMAT: others may read it, or it is none. */
enum bf_err bf_service_read_key(const struct bf_config *c, uint8_t seed[BF_SEED_LEN],
                                struct bf_error *e);

struct call;      /* api.c: a request under way */
struct bf_stream; /* stream.c: who listens to what happens */

struct bf_service {
    struct bf_config *config;
    struct bf_log *log;
    struct bf_metrics *metrics;
    struct bf_clock clock;
    struct bf_clock_source clock_source;
    struct bf_store *store;
    struct bf_engine *engine;
    struct bf_directory *directory;
    struct bf_rates *by_person, *by_address, *denials;
    struct bf_policy_known *policies;
    uint32_t policy_count;
    struct bf_calendar_known *calendars;
    uint32_t calendar_count;
    struct bf_signer signer; /* sign is NULL without a key file */
    bf_str origin;           /* of the tree */
    bf_str database;         /* path */
    struct bf_stream *stream;
    bool ready, draining, dead;
    bool full;                        /* the last batch found no room on the disk */
    bool holds_deliveries;            /* a restored copy that was not activated */
    int64_t scanned_us, submitted_us; /* of CLOCK_BOOTTIME */
    bool writing;                     /* a batch is at the writer since submitted_us */
    uint64_t committed;               /* last durable row */
    bool checkpointing;               /* one is being made */
    bool checkpointed_last;           /* … when it came to rest */
    enum bf_looked {
        BF_LOOKED_NOT, /* yet, since the start */
        BF_LOOKED_GOES_ON,
        BF_LOOKED_CONFLICT,
        BF_LOOKED_UNKNOWN           /* it could not be looked at */
    } looked;                       /* does the tree go on from the last checkpoint? */
    struct bf_audit_wait *waiting;  /* until it was looked at */
    uint64_t checkpointed;          /* the last row when the last one was made */
    int64_t checkpointed_us;        /* of CLOCK_BOOTTIME */
    struct bf_arena *arena;         /* of texts of settings */
    struct bf_service_start *start; /* until ready */
    struct call *calls;             /* api.c: under way */
    void (*forget_calls)(struct bf_service *s);
    uint64_t told_started, told_start_failures, told_fired, told_dropped,
        told_key_reads;                                           /* to the metrics, so far */
    uint64_t told_stuck, logged_start_failures, logged_kept_text; /* to the log */
    bool told_long_log;                                           /* … */
    void (*measure)(void *ctx,
                    struct bf_metrics *m); /* what its driver knows; before each rendering */
    void (*on_ready)(void *ctx);
    void (*on_dead)(void *ctx, const struct bf_error *e);
    void *ctx;
};

/* Keeps an image, or a calendar, as long as the service: a row may then set it (bf_service_learn). One that is known
** already is found. BF_EFORMAT: it is none. The pointers are good until the next is brought. */
enum bf_err bf_service_bring_policy(struct bf_service *s, bf_str bytes,
                                    struct bf_policy_known **out, struct bf_error *e);
enum bf_err bf_service_bring_calendar(struct bf_service *s, bf_str name, bf_str bytes,
                                      struct bf_calendar_known **out, struct bf_error *e);
/* The one that is adopted. NULL: none. */
struct bf_calendar_known *bf_service_calendar(struct bf_service *s, bf_str name);

/* "NAME" (the active one of that name), or a hash in hexadecimal. NULL: none. */
struct bf_policy_known *bf_service_policy(struct bf_service *s, bf_str name_or_hash);
/* The same of a name, but the text in force now: of the active one and those that amend it. */
struct bf_policy_known *bf_service_text(struct bf_service *s, bf_str name_or_hash);
/* The image of a hash (fits bf_images.find: the service is its ctx), and the calendar. NULL: none. */
const struct bf_image *bf_service_image(void *service, const uint8_t hash[BF_SHA256_LEN]);
const struct bf_calendar *bf_service_calendar_of(const struct bf_service *s,
                                                 const uint8_t hash[BF_SHA256_LEN]);
bf_instant bf_service_now(struct bf_service *s); /* reads the clock */
/* Sets the gauges; before a rendering of the metrics. */
void bf_service_measure(struct bf_service *s);
/* Settings that may change while running have changed in `config`. */
void bf_service_configure(struct bf_service *s);

struct bf_service_options {
    struct bf_config *config;
    struct bf_log *log;
    struct bf_metrics *metrics;
    struct bf_clock_source clock;
    struct bf_store *store; /* open; the service's from now on */
    void (*on_ready)(void *ctx);
    void (*on_dead)(void *ctx, const struct bf_error *e);
    void (*measure)(void *ctx, struct bf_metrics *m); /* may be NULL */
    void *ctx;
};
/* Reads what there is, and is `ready` some turns later, or `dead`. On failure the store is closed. */
enum bf_err bf_service_open(struct bf_service **out, const struct bf_service_options *o,
                            struct bf_error *e);
/* Polls the store, scans if it is time, flushes. Returns in how many ms to call again at the latest. */
int64_t bf_service_turn(struct bf_service *s);
/* A notice became durable: its settings count from now on. Called by who sent it, in its answer. A row with an empty
** json is removed. What they name was brought before. */
void bf_service_learn(struct bf_service *s, const struct bf_row_setting *rows, uint32_t count);
bool bf_service_idle(const struct bf_service *s);
void bf_service_close(struct bf_service *s);

#endif
