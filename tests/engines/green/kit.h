/* An engine with a metrics segment of its own, for the tests of the green engine. */
#ifndef PS_TESTS_GREEN_KIT_H
#define PS_TESTS_GREEN_KIT_H

#include "support.h"

#include "base/clock.h"
#include "engines/common/core.h"
#include "engines/engine.h"

/* Instrumented builds do a tenth: gcc's ThreadSanitizer ends near 8,000 fibers. */
#if defined(__SANITIZE_THREAD__)
#define KIT_SCALE 10
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KIT_SCALE 10
#endif
#endif
#ifndef KIT_SCALE
#define KIT_SCALE 1
#endif

struct kit {
    struct ps_segment *segment;
    int fd;
    struct ps_engine_config config;
    struct ps_engine *engine;
};

/* How a case is run: every policy with few and with many workers. */
struct kit_case {
    const char *policy;
    unsigned workers;
};
extern const struct kit_case kit_cases[];
extern const unsigned kit_case_count;

/* Fill config with defaults (a long queue, stealing, 64 slots); create and start it afterwards. */
void kit_config(struct kit *kit, struct kit_case how);
void kit_create(struct kit *kit);
void kit_open(struct kit *kit, struct kit_case how); /* config, create, start */
/* Close, stop (it must within 60 s), check that what was submitted has ended, destroy. */
void kit_close(struct kit *kit, enum ps_close how);

/* Sum over all cells. */
uint64_t kit_ended(const struct kit *kit, enum ps_outcome outcome);
uint64_t kit_started(const struct kit *kit);

/* Block the calling thread until *word is at least `value`. */
void kit_await(_Atomic uint32_t *word, uint32_t value);
void kit_signal(_Atomic uint32_t *word);

enum ps_err kit_sleep(struct ps_task *task, uint64_t ns);
enum ps_err kit_park(struct ps_task *task, uint64_t until_ns);
enum ps_err kit_wait(struct ps_task *task, enum ps_wait_kind kind, enum ps_state why);

#endif
