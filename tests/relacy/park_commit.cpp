// The park commit of engines/green/fiber.h: a task that parks, the next context on its thread (here the
// parker goes on as it), and a waker that may resume the task on another worker.
#include "run.hpp"

enum { RUNNING, PARKING, NOTIFIED, PARKED, READY };

struct Right {
    static constexpr auto prepare = acq_rel, commit = acq_rel, wake = acq_rel, resume = acq_rel;
};
struct CommitRelaxed : Right {
    static constexpr auto commit = relaxed;
};
struct PrepareRelaxed : Right {
    static constexpr auto prepare = relaxed;
};
struct WakeRelaxed : Right {
    static constexpr auto wake = relaxed;
};

enum Bug { NONE, NO_RMW, EARLY_PARK, BLIND };

template <class Orders, Bug bug = NONE>
struct Park : rl::test_suite<Park<Orders, bug>, 2> {
    rl::atomic<int> state, condition;
    rl::var<int> context; // what the switch saves
    rl::atomic<int> resumed;
    bool sleeps;

    void before()
    {
        state($).store(RUNNING, relaxed);
        condition($).store(0, relaxed);
        resumed($).store(0, relaxed);
        context($) = 0;
        sleeps = false;
    }

    // Whoever dequeues the task.
    void resume()
    {
        RL_ASSERT(context($) == 1);
        RL_ASSERT(resumed($).fetch_add(1, relaxed) == 0);
        state($).exchange(RUNNING, Orders::resume);
    }

    void park()
    {
        state($).exchange(bug == EARLY_PARK ? PARKED : PARKING, Orders::prepare);
        if (condition($).load(relaxed)) {
            int old = state($).exchange(RUNNING, acq_rel);
            RL_ASSERT(bug == EARLY_PARK || old != READY);
            return;
        }
        context($) = 1;
        sleeps = true;
        int parking = PARKING;
        if (bug == EARLY_PARK)
            return;
        if (bug == BLIND)
            state($).store(PARKED, release);
        else if (!state($).compare_exchange_strong(parking, PARKED, Orders::commit, relaxed)) {
            state($).exchange(READY, acq_rel);
            resume();
        }
    }

    void wake()
    {
        condition($).store(1, relaxed);
        int old = state($).load(relaxed), now;
        if (bug == NO_RMW && old == RUNNING)
            return;
        do
            now = old == PARKED ? READY : old == PARKING ? NOTIFIED : old;
        while (!state($).compare_exchange_weak(old, now, Orders::wake, relaxed));
        if (old == PARKED)
            resume();
    }

    void thread(unsigned index)
    {
        if (index == 0)
            park();
        else
            wake();
    }

    void after() { RL_ASSERT(!sleeps || resumed($).load(relaxed) == 1); }
};

using NoRmw = Park<Right, NO_RMW>;
using EarlyPark = Park<Right, EARLY_PARK>;
using Blind = Park<Right, BLIND>;

int main()
{
    bool ok = HOLDS(Park<Right>);
    ok = FAILS(Park<CommitRelaxed>) && ok;
    ok = FAILS(Park<PrepareRelaxed>) && ok;
    ok = FAILS(Park<WakeRelaxed>) && ok;
    ok = FAILS(NoRmw) && ok;
    ok = FAILS(EarlyPark) && ok;
    ok = FAILS(Blind) && ok;
    return ok ? 0 : 1;
}
