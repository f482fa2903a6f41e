// The asymmetric fences of engines/fork.h and engines/common/fork.c: the worker has none, a thief that
// takes the privilege back and a worker that goes to sleep fence every thread (membarrier(2)). And the
// end of a stolen fork.
#include "run.hpp"

// Take against revoke: one fork at position 0, private. `shared`: 0; 1: REVOKE; 2: public; 3: answered.
template <bool barrier>
struct Revoke : rl::test_suite<Revoke<barrier>, 2> {
    rl::atomic<unsigned> bottom, shared;
    rl::atomic<unsigned> taken;

    void before()
    {
        bottom($).store(1, relaxed);
        shared($).store(0, relaxed);
        taken($).store(0, relaxed);
    }

    void worker()
    {
        bottom($).store(0, relaxed);
        unsigned old = shared($).load(acquire);
        if (old == 1) // answers, which changes the word
            shared($).compare_exchange_strong(old, 3, seq_cst, relaxed);
        if (old < 2 || old == 3)
            RL_ASSERT(taken($).fetch_add(1, relaxed) == 0);
    }

    void thief()
    {
        unsigned old = 0;
        if (!shared($).compare_exchange_strong(old, 1, seq_cst, relaxed))
            return;
        if (barrier)
            rl::systemwide_fence($);
        old = 1;
        if (bottom($).load(acquire) == 1 &&
            shared($).compare_exchange_strong(old, 2, seq_cst, relaxed))
            RL_ASSERT(taken($).fetch_add(1, relaxed) == 0);
    }

    void thread(unsigned index)
    {
        if (index == 0)
            worker();
        else
            thief();
    }
};

// Fork against sleep: position 0 was stolen a moment ago (tail 1) or is about to be; the worker forks at
// position 1 and looks; the other worker has announced itself and looks.
enum Bug { NONE, NO_BARRIER, LOOK_FIRST };

template <Bug bug>
struct Sleep : rl::test_suite<Sleep<bug>, 2> {
    rl::atomic<unsigned> bottom, tail, sleepers;
    bool wakes, sleeps;

    void before()
    {
        bottom($).store(1, relaxed);
        tail($).store(0, relaxed);
        sleepers($).store(0, relaxed);
        wakes = sleeps = false;
    }

    void worker()
    {
        unsigned below = bug == LOOK_FIRST ? tail($).load(relaxed) : 0;
        bottom($).store(2, release);
        if (bug != LOOK_FIRST)
            below = tail($).load(relaxed);
        if (below < 1)
            return; // something is left below: whoever takes it looks for more
        unsigned old = below;
        tail($).compare_exchange_strong(old, below, seq_cst, relaxed); // publishes
        wakes = sleepers($).load(seq_cst) != 0;
    }

    // Takes position 0, has run it, finds nothing more, sleeps.
    void thief()
    {
        tail($).fetch_add(1, seq_cst);
        sleepers($).fetch_add(1, seq_cst);
        if (bottom($).load(seq_cst) > 1)
            return;
        if (bug != NO_BARRIER)
            rl::systemwide_fence($);
        sleeps = bottom($).load(seq_cst) <= 1;
    }

    void thread(unsigned index)
    {
        if (index == 0)
            worker();
        else
            thief();
    }

    void after() { RL_ASSERT(wakes || !sleeps); }
};

// The end of a stolen fork: its result is read by the parent.
enum { OPEN, WAITED, DONE };

struct Right {
    static constexpr auto finish = acq_rel, last = release, is_done = acquire, await = seq_cst;
};
struct FinishRelaxed : Right {
    static constexpr auto finish = relaxed;
};
struct LastRelaxed : Right {
    static constexpr auto last = relaxed;
};
struct LookRelaxed : Right {
    static constexpr auto is_done = relaxed;
};
struct AwaitRelaxed : Right {
    static constexpr auto await = relaxed;
};

template <class Orders>
struct End : rl::test_suite<End<Orders>, 2> {
    rl::atomic<int> state;
    rl::var<int> result, waiter;
    bool unparked;

    void before()
    {
        state($).store(OPEN, relaxed);
        result($) = 0;
        waiter($) = 0;
        unparked = false;
    }

    void parent()
    {
        if (state($).load(Orders::is_done) != DONE) {
            int open = OPEN;
            waiter($) = 1;
            if (state($).compare_exchange_strong(open, WAITED, Orders::await, relaxed)) {
                rl::backoff back;
                while (state($).load(Orders::is_done) != DONE)
                    back.yield($);
            } else
                (void)state($).load(Orders::is_done);
        }
        RL_ASSERT(result($) == 7);
    }

    void thief()
    {
        result($) = 7;
        int open = OPEN;
        if (state($).compare_exchange_strong(open, DONE, Orders::finish, acquire))
            return;
        RL_ASSERT(waiter($) == 1);
        state($).store(DONE, Orders::last);
    }

    void thread(unsigned index)
    {
        if (index == 0)
            parent();
        else
            thief();
    }
};

using RevokeWithBarrier = Revoke<true>;
using RevokeWithoutBarrier = Revoke<false>;
using SleepRight = Sleep<NONE>;
using SleepWithoutBarrier = Sleep<NO_BARRIER>;
using SleepLookFirst = Sleep<LOOK_FIRST>;

int main()
{
    bool ok = HOLDS(RevokeWithBarrier);
    ok = FAILS(RevokeWithoutBarrier) && ok;
    ok = HOLDS(SleepRight) && ok;
    ok = FAILS(SleepWithoutBarrier) && ok;
    ok = FAILS(SleepLookFirst) && ok;
    ok = HOLDS(End<Right>) && ok;
    ok = FAILS(End<FinishRelaxed>) && ok;
    ok = FAILS(End<LastRelaxed>) && ok;
    ok = FAILS(End<LookRelaxed>) && ok;
    ok = FAILS(End<AwaitRelaxed>) && ok;
    return ok ? 0 : 1;
}
