/* Included before everything else where POOLSCOPE_DELAYS is on: any thread may be delayed before any of its
 * atomic operations, so that two of them that belong together are rarely done without a gap. The
 * operations are those of GCC's <stdatomic.h>. */
#ifndef PS_TESTS_DELAYS_ATOMICS_H
#define PS_TESTS_DELAYS_ATOMICS_H

/* One inside another's argument: the names shadow each other, as those of <stdatomic.h> do. */
#pragma GCC system_header

#include <stdatomic.h>

/* Any thread, also in a signal handler: mostly returns at once, else yields, or sleeps up to 300 us. */
void ps_delay(void);

#undef atomic_store_explicit
#define atomic_store_explicit(object, desired, order)           \
    __extension__({                                             \
        ps_delay();                                             \
        __auto_type ps_object = (object);                       \
        __typeof__((void)0, *ps_object) ps_desired = (desired); \
        __atomic_store(ps_object, &ps_desired, (order));        \
    })

#undef atomic_load_explicit
#define atomic_load_explicit(object, order)           \
    __extension__({                                   \
        ps_delay();                                   \
        __auto_type ps_object = (object);             \
        __typeof__((void)0, *ps_object) ps_value;     \
        __atomic_load(ps_object, &ps_value, (order)); \
        ps_value;                                     \
    })

#undef atomic_exchange_explicit
#define atomic_exchange_explicit(object, desired, order)               \
    __extension__({                                                    \
        ps_delay();                                                    \
        __auto_type ps_object = (object);                              \
        __typeof__((void)0, *ps_object) ps_desired = (desired);        \
        __typeof__((void)0, *ps_object) ps_value;                      \
        __atomic_exchange(ps_object, &ps_desired, &ps_value, (order)); \
        ps_value;                                                      \
    })

#define PS_DELAYED_EXCHANGE(object, expected, desired, weak, success, failure)                     \
    __extension__({                                                                                \
        ps_delay();                                                                                \
        __auto_type ps_object = (object);                                                          \
        __typeof__((void)0, *ps_object) ps_desired = (desired);                                    \
        __atomic_compare_exchange(ps_object, (expected), &ps_desired, weak, (success), (failure)); \
    })
#undef atomic_compare_exchange_strong_explicit
#define atomic_compare_exchange_strong_explicit(object, expected, desired, success, failure) \
    PS_DELAYED_EXCHANGE(object, expected, desired, 0, success, failure)
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit(object, expected, desired, success, failure) \
    PS_DELAYED_EXCHANGE(object, expected, desired, 1, success, failure)

#define PS_DELAYED(operation, object, operand, order) \
    (ps_delay(), __atomic_##operation((object), (operand), (order)))
#undef atomic_fetch_add
#define atomic_fetch_add(object, operand) PS_DELAYED(fetch_add, object, operand, __ATOMIC_SEQ_CST)
#undef atomic_fetch_sub
#define atomic_fetch_sub(object, operand) PS_DELAYED(fetch_sub, object, operand, __ATOMIC_SEQ_CST)
#undef atomic_fetch_or
#define atomic_fetch_or(object, operand) PS_DELAYED(fetch_or, object, operand, __ATOMIC_SEQ_CST)
#undef atomic_fetch_and
#define atomic_fetch_and(object, operand) PS_DELAYED(fetch_and, object, operand, __ATOMIC_SEQ_CST)
#undef atomic_fetch_add_explicit
#define atomic_fetch_add_explicit(object, operand, order) \
    PS_DELAYED(fetch_add, object, operand, order)
#undef atomic_fetch_sub_explicit
#define atomic_fetch_sub_explicit(object, operand, order) \
    PS_DELAYED(fetch_sub, object, operand, order)
#undef atomic_fetch_or_explicit
#define atomic_fetch_or_explicit(object, operand, order) \
    PS_DELAYED(fetch_or, object, operand, order)
#undef atomic_fetch_and_explicit
#define atomic_fetch_and_explicit(object, operand, order) \
    PS_DELAYED(fetch_and, object, operand, order)

#endif
