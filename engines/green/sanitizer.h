/* What the sanitizers must know of stacks and switches; all of it is empty without them. */
#ifndef PS_ENGINES_GREEN_SANITIZER_H
#define PS_ENGINES_GREEN_SANITIZER_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define GREEN_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GREEN_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GREEN_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GREEN_TSAN 1
#endif
#endif

#ifdef GREEN_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef GREEN_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* Instrumented code needs more stack. */
#if defined(GREEN_ASAN) || defined(GREEN_TSAN)
enum { GREEN_STACK_SCALE = 4 };
#else
enum { GREEN_STACK_SCALE = 1 };
#endif

/* Of one context. bottom, bytes: its stack; of a thread's own stack learnt when it is first left.
 */
struct green_sanitizer {
    const void *bottom;
    size_t bytes;
    void *fake_stack;
    void *tsan_fiber;
};

static inline void green_sanitize_new(struct green_sanitizer *s, void *bottom, size_t bytes)
{
    *s = (struct green_sanitizer){.bottom = bottom, .bytes = bytes};
#ifdef GREEN_TSAN
    s->tsan_fiber = __tsan_create_fiber(0);
#endif
#ifdef GREEN_ASAN
    /* A stack outside the heap holds pointers to the heap. Its guard must not be scanned. */
    __lsan_register_root_region(bottom, bytes);
#endif
}

static inline void green_sanitize_thread(struct green_sanitizer *s)
{
    *s = (struct green_sanitizer){0};
#ifdef GREEN_TSAN
    s->tsan_fiber = __tsan_get_current_fiber();
#endif
}

static inline void green_sanitize_delete(struct green_sanitizer *s)
{
    (void)s;
#ifdef GREEN_TSAN
    __tsan_destroy_fiber(s->tsan_fiber);
#endif
#ifdef GREEN_ASAN
    __lsan_unregister_root_region(s->bottom, s->bytes);
#endif
}

/* Directly before the switch, in the function that switches: ThreadSanitizer changes its shadow
 * call stack here, so no call may begin on one side and end on the other. */
static inline __attribute__((always_inline)) void
green_sanitize_leave(struct green_sanitizer *from, const struct green_sanitizer *to)
{
    (void)from;
    (void)to;
#ifdef GREEN_ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->bytes);
#endif
#ifdef GREEN_TSAN
    __tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
}

/* Directly after it, on the new stack. `left`: the context that was left. */
static inline __attribute__((always_inline)) void
green_sanitize_arrive(struct green_sanitizer *here, struct green_sanitizer *left)
{
    (void)here;
    (void)left;
#ifdef GREEN_ASAN
    __sanitizer_finish_switch_fiber(here->fake_stack, &left->bottom, &left->bytes);
#endif
}

#endif
