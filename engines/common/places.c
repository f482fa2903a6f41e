#include "engines/common/places.h"

#include <stdlib.h>
#include <string.h>

/* ---- create ---- */

static enum ps_err make_places(struct ps_places *places)
{
    unsigned slots = places->base.config.segment->slots;
    size_t bytes = slots * sizeof *places->place;
    places->place = aligned_alloc(_Alignof(struct ps_place), bytes);
    if (!places->place)
        return PS_ENOMEM;
    memset(places->place, 0, bytes);
    places->slots = slots;
    for (unsigned i = 0; i < slots; i++) {
        ps_slot_init(&places->place[i].slot, &places->base, i);
        places->place[i].owner = places;
    }
    return PS_OK;
}

enum ps_err ps_places_init(struct ps_places *places, const struct ps_engine_ops *ops,
                           const struct ps_engine_config *config,
                           void (*changed)(struct ps_places *places))
{
    memset(places, 0, sizeof *places);
    enum ps_err err = ps_engine_init(&places->base, ops, config);
    if (err != PS_OK)
        return err;
    places->changed = changed;
    places->limit = config->limit;
    places->depth.probe = &places->base.outside;
    err = ps_queue_init(&places->queue, &places->base, &places->depth);
    if (err == PS_OK && (err = make_places(places)) != PS_OK)
        ps_queue_free(&places->queue);
    if (err != PS_OK)
        ps_engine_fini(&places->base);
    return err;
}

void ps_places_fini(struct ps_places *places)
{
    ps_engine_raise(&places->base, PS_ENGINE_CANCELLING);
    ps_places_discard(places);
    for (unsigned i = 0; i < places->slots; i++)
        ps_slot_fini(&places->place[i].slot);
    free(places->place);
    ps_queue_free(&places->queue);
    ps_engine_fini(&places->base);
}

/* ---- under the lock ---- */

bool ps_places_may_start(struct ps_places *places, unsigned taken)
{
    size_t most = places->workers;
    if (places->limit > 0 && places->limit < most)
        most = places->limit;
    return !atomic_load(&places->paused) && taken < most && ps_queue_count(&places->queue) > 0;
}

/* A task that was taken counts as queued until it begins: it may come back. */
static void charge(struct ps_place *place, bool charged)
{
    place->owner->queue.held += charged - (size_t)place->charged;
    place->charged = charged;
}

static void take_task(struct ps_place *place)
{
    struct ps_job job;
    ps_queue_take(&place->owner->queue, &job, 1);
    place->task = job.arg;
    charge(place, true);
}

struct ps_place *ps_places_match(struct ps_places *places)
{
    if (!ps_places_may_start(places, places->taken))
        return NULL;
    struct ps_place *place = places->place;
    while (place->taken)
        place++;
    place->taken = true;
    places->taken++;
    take_task(place);
    return place;
}

bool ps_places_match_again(struct ps_place *place)
{
    if (ps_places_may_start(place->owner, place->owner->taken - 1)) {
        take_task(place);
        return true;
    }
    ps_places_free(place);
    return false;
}

void ps_places_free(struct ps_place *place)
{
    charge(place, false);
    place->taken = false;
    place->owner->taken--;
}

void ps_places_put_back(struct ps_place *place)
{
    struct ps_job job = {ps_queue_task, place->task};
    ps_queue_put_back(&place->owner->queue, &job, 1);
    ps_places_free(place);
}

/* ---- without the lock ---- */

void ps_places_begin(struct ps_place *place)
{
    struct ps_places *places = place->owner;
    ps_lock(&places->lock);
    charge(place, false);
    bool room = ps_queue_room(&places->queue);
    ps_unlock(&places->lock);
    if (room)
        ps_engine_room(&places->base);
}

void ps_places_discard(struct ps_places *places)
{
    ps_lock(&places->lock);
    struct ps_task_list tasks = ps_queue_take_tasks(&places->queue);
    ps_unlock(&places->lock);
    ps_queue_end_tasks(&places->base, tasks);
}

/* ---- the contract ---- */

enum ps_err ps_places_submit(struct ps_engine *engine, struct ps_task *task)
{
    struct ps_places *places = ps_places_of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    ps_lock(&places->lock);
    enum ps_err err = ps_queue_put_task(&places->queue, task);
    if (err == PS_OK && ps_places_may_start(places, places->taken))
        places->changed(places);
    ps_unlock(&places->lock);
    return err;
}

enum ps_err ps_places_resize(struct ps_engine *engine, unsigned workers)
{
    struct ps_places *places = ps_places_of(engine);
    ps_lock(&places->lock);
    places->workers = workers;
    places->changed(places);
    ps_unlock(&places->lock);
    return PS_OK;
}

static void set_limit(struct ps_places *places, size_t limit)
{
    ps_lock(&places->lock);
    places->limit = limit;
    places->changed(places);
    ps_unlock(&places->lock);
}

/* Under the lock a pause and a close cannot overtake each other: a close raises the phase first. */
static void set_paused(struct ps_places *places, bool paused)
{
    ps_lock(&places->lock);
    atomic_store(&places->paused, paused && ps_engine_phase(&places->base) <= PS_ENGINE_RUNNING);
    places->changed(places);
    ps_unlock(&places->lock);
    for (unsigned i = 0; i < places->slots; i++)
        ps_parker_wake(&places->place[i].slot.parker);
}

enum ps_err ps_places_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob == PS_KNOB_LIMIT) {
        set_limit(ps_places_of(engine), value);
        return PS_OK;
    }
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    set_paused(ps_places_of(engine), value == 1);
    return PS_OK;
}

void ps_places_close(struct ps_engine *engine, enum ps_close how)
{
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    /* Also makes everybody look at the phase. */
    set_paused(ps_places_of(engine), false);
    if (how == PS_CLOSE_DISCARD) {
        ps_places_discard(ps_places_of(engine));
        ps_engine_check_done(engine);
    }
}

enum ps_err ps_places_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_place *place = ps_self()->worker;
    return ps_slot_wait(&place->slot, &place->owner->paused, task, wait);
}
