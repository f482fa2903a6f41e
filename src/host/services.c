#include "host/services.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/disk_files.h"
#include "host/http.h"
#include "host/kernel.h"
#include "host/kernels/memory.h"
#include "host/net_client.h"

/* What all temporary files of a run may hold. */
#define DISK_BYTES (UINT64_C(256) << 20)

static bool uses(const struct ps_experiment *experiment, enum ps_step_kind kind)
{
    for (unsigned t = 0; t < experiment->type_count; t++)
        for (unsigned s = 0; s < experiment->types[t].step_count; s++)
            if (experiment->types[t].steps[s].kind == kind)
                return true;
    return false;
}

static void forget(void *arg, int fd)
{
    struct ps_run *run = arg;
    ps_engine_forget_fd(run->engine, fd);
}

static enum ps_err open_connections(struct ps_run *run, uint16_t port)
{
    enum ps_err err = ps_net_pool_create(port, run->segment->slots, forget, run, &run->net_pool);
    if (err == PS_OK)
        ps_semaphore_init(&run->net_places, ps_net_pool_cap(run->net_pool));
    return err;
}

static enum ps_err start_net(struct ps_run *run)
{
    enum ps_err err = ps_net_service_start(run->segment, &run->net);
    if (err != PS_OK)
        return err;
    uint16_t port = ps_net_service_port(run->net);
    atomic_store_explicit(&run->segment->net_port, port, memory_order_relaxed);
    return open_connections(run, port);
}

static enum ps_err open_disk(struct ps_run *run, uint64_t bytes, char *why, size_t why_size)
{
    const char *dir = getenv("TMPDIR");
    return ps_disk_open(dir && *dir ? dir : "/tmp", bytes, &run->disk, why, why_size);
}

enum ps_err ps_services_start(struct ps_run *run, char *why, size_t why_size)
{
    ps_answers_name(run);
    if (ps_memory_start(run) != PS_OK) {
        snprintf(why, why_size, "out of memory for memory steps");
        return PS_ENOMEM;
    }
    if (uses(&run->experiment, PS_STEP_NET)) {
        enum ps_err err = start_net(run);
        if (err != PS_OK) {
            snprintf(why, why_size, "the loopback service for net steps cannot start: %s",
                     ps_err_text(err));
            return err;
        }
    }
    if (run->experiment.model == PS_ARRIVAL_HTTP) {
        enum ps_err err = ps_http_open(run, why, why_size);
        if (err != PS_OK)
            return err;
    }
    return uses(&run->experiment, PS_STEP_DISK) ? open_disk(run, DISK_BYTES, why, why_size) : PS_OK;
}

enum ps_err ps_services_join(struct ps_run *run, unsigned workers, char *why, size_t why_size)
{
    uint32_t port = atomic_load_explicit(&run->segment->net_port, memory_order_relaxed);
    uint64_t bytes = DISK_BYTES / workers;
    enum ps_err err =
        uses(&run->experiment, PS_STEP_NET) ? open_connections(run, (uint16_t)port) : PS_OK;
    if (err == PS_OK && uses(&run->experiment, PS_STEP_DISK))
        err = open_disk(run, bytes > PS_DISK_LEAST_CAP ? bytes : PS_DISK_LEAST_CAP, why, why_size);
    return err;
}

void ps_services_stop(struct ps_run *run)
{
    if (run->http)
        ps_http_close(run->http);
    if (run->net_pool)
        ps_net_pool_destroy(run->net_pool);
    if (run->net)
        ps_net_service_stop(run->net);
    if (run->disk)
        ps_disk_close(run->disk);
    ps_memory_stop(run);
}
