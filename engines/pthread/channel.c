/* N threads and a bounded channel made by hand: a mutex, a ring, and the conditions "not empty" and
 * "not full".
 *
 * Not pthread_cond_t: that of glibc up to 2.40 can lose a wake-up (BZ 25847), since a waiter that
 * comes later may consume the signal of one that waited before. Here "not empty" is a line of waiting
 * threads, each with a sequence word and a futex of its own (parker.h): a signal names the thread that
 * has waited longest, takes it off the line under the lock, and changes its word; so nobody else can
 * consume it, and it is not lost if it comes before the sleep. "Not full" is an event count:
 * ps_engine_room. station_work.c has the protocol.
 *
 * The longest waiting thread is called first, so work goes round all threads, as through a condition
 * variable, where threadpool:fifo prefers the warm one. */
#include "engines/common/stations.h"
#include "engines/pthread/pthread.h"

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    static const struct ps_station_plan plan = {.order = PS_CALL_FIRST_ASLEEP, .stations = 1};
    return ps_stations_create(&ps_engine_pthread, &plan, config, engine);
}

const struct ps_pool_ops ps_threads_channel = {
    .create = create,
    .start = ps_stations_start,
    .submit = ps_stations_submit,
    .job = ps_stations_job,
    .resize = ps_stations_resize,
    .tune = ps_stations_tune,
    .close = ps_stations_close,
    .stop = ps_stations_stop,
    .destroy = ps_stations_destroy,
    .wait = ps_stations_wait,
};
