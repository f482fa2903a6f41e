/* Compartments, as in a ship: some task types have workers that run nothing else, and a queue of
 * their own with the bound config.queue; the others, and jobs, share the rest. A type that is slow or
 * floods its compartment cannot take the others down, and pays for it with workers that stand idle
 * while the rest is busy: no compartment helps another.
 *
 * The reserved workers have the lowest slots, so shrinking takes the shared ones; at least one of
 * them stays. One lock for all compartments: what they must not share is workers and room, and the
 * lock is held for some nanoseconds. station_work.c has the protocol. */
#include "engines/common/stations.h"
#include "engines/threadpool/threadpool.h"

static struct ps_station_plan plan_of(const struct ps_engine_config *config)
{
    struct ps_station_plan plan = {.order = PS_CALL_LAST_ASLEEP, .stations = 1};
    for (unsigned type = 0; type < config->segment->types; type++) {
        if (config->reserve[type] == 0)
            continue;
        plan.reserved[plan.stations] = config->reserve[type];
        plan.of_type[type] = (unsigned char)plan.stations++;
    }
    return plan;
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    if (!config->segment)
        return PS_EINVAL;
    struct ps_station_plan plan = plan_of(config);
    return ps_stations_create(&ps_engine_threadpool, &plan, config, engine);
}

const struct ps_pool_ops ps_pool_bulkhead = {
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
