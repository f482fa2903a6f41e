#include "host/worker_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/job.h"
#include "host/services.h"

/* What every worker gets, and the experiment's text behind it. */
struct setup {
    struct ps_burner burner; /* of the host: calibrating takes longer than starting a process */
    uint32_t workers;
};

/* ---- the host ---- */

enum ps_err ps_worker_setup(struct ps_run *run, struct ps_worker_setup *setup)
{
    static const char *const argv[] = {"/proc/self/exe", "worker", NULL};
    struct setup head = {run->burner, run->workers};
    char *text;
    size_t size;
    enum ps_err err = ps_experiment_text(&run->experiment, &text, &size);
    if (err != PS_OK)
        return err;
    char *bytes = malloc(sizeof head + size);
    if (bytes) {
        memcpy(bytes, &head, sizeof head);
        memcpy(bytes + sizeof head, text, size);
    }
    free(text);
    *setup = (struct ps_worker_setup){
        .config = {.argv = argv,
                   .segment_fd = PS_HOST_SEGMENT_FD,
                   .setup = bytes,
                   .setup_bytes = sizeof head + size,
                   .task_bytes = sizeof(struct ps_job),
                   .shared_bytes = sizeof(struct ps_faults)},
        .text = bytes,
    };
    return bytes ? PS_OK : PS_ENOMEM;
}

void ps_worker_setup_free(struct ps_worker_setup *setup)
{
    free(setup->text);
}

/* A worker takes a fault down that it has suffered, so what has not changed is not told again. As bytes:
 * whatever faults there are, and what lies between them is copied along. */
void ps_worker_tell_faults(struct ps_run *run)
{
    static char told[sizeof(struct ps_faults)];
    const char *now = (const char *)&run->faults;
    if (!(run->policy->traits & PS_TRAIT_PROCESSES) || memcmp(told, now, sizeof told) == 0)
        return;
    memcpy(told, now, sizeof told);
    memcpy(ps_process_shared(run->engine), told, sizeof told);
    atomic_store(&run->faults.crash_worker, 0); /* told: it is the worker's to take down */
    memcpy(told, now, sizeof told);
}

/* ---- the worker ---- */

static enum ps_err read_experiment(struct ps_run *run, const char *text, size_t size, char *why,
                                   size_t why_size)
{
    struct ps_complaints complaints = {.count = 0};
    enum ps_err err = ps_experiment_parse(&run->experiment, ps_host_vocabulary(), "experiment",
                                          text, size, &complaints);
    if (err != PS_OK)
        ps_complaint_text(why, why_size, &complaints.list[0]);
    return err;
}

static enum ps_err open_worker(const struct ps_process_place *place, void **user, char *why,
                               size_t why_size)
{
    static struct ps_run run; /* one a process */
    struct setup head;
    if (place->setup_bytes < sizeof head)
        return PS_EPROTO;
    memcpy(&head, place->setup, sizeof head);
    enum ps_err err = read_experiment(&run, (const char *)place->setup + sizeof head,
                                      place->setup_bytes - sizeof head, why, why_size);
    if (err != PS_OK)
        return err;
    run.segment = place->segment;
    run.engine = place->engine;
    run.burner = head.burner;
    run.faults_seen = place->shared;
    if (run.experiment.gil) /* each process has one of its own: that is the point */
        ps_gil_init(&run.gil, run.experiment.gil_interval_ns, run.segment);
    run.wait_failed =
        1; /* messages are the host's: one that dies while writing would block others */
    ps_run_locks_init(run.locks, &run.experiment);
    *user = &run;
    run.jobs = ps_job_pool_new();
    return run.jobs ? ps_services_join(&run, head.workers, why, why_size) : PS_ENOMEM;
}

static void unpack(void *user, const void *message, size_t bytes, void *memory)
{
    (void)bytes;
    ps_job_unpack(user, message, memory);
}

static void close_worker(void *user)
{
    struct ps_run *run = user;
    ps_services_stop(run);
    ps_job_pool_free(run->jobs);
}

int ps_host_worker_main(void)
{
    static const struct ps_process_ops ops = {
        .task_bytes = sizeof(struct ps_job),
        .open = open_worker,
        .unpack = unpack,
        .reply = NULL,
        .close = close_worker,
    };
    return ps_process_worker(&ops);
}
