/* One queue and one lock for all. The last to fall idle is the first to be called: its cache is
 * warm, and surplus workers stay asleep. station_work.c has the protocol.
 *
 * Rejected: a condition variable (pthread/channel.c is near that design); a lock-free queue (the
 * lock is the lesson of this policy; steal.c is the pool without one). */
#include "engines/common/stations.h"
#include "engines/threadpool/threadpool.h"

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    static const struct ps_station_plan plan = {.order = PS_CALL_LAST_ASLEEP, .stations = 1};
    return ps_stations_create(&ps_engine_threadpool, &plan, config, engine);
}

const struct ps_pool_ops ps_pool_fifo = {
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
