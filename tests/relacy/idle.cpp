// Producer and sleeper of engines/threadpool/idle.c and engines/common/job_ring.c: who publishes looks
// for sleepers, who sleeps looks for work. And the same shape elsewhere: a canceller and a waiting task
// (engines/common/task.c), a submitter that waits for room and a worker that makes it.
#include "run.hpp"

struct Right {
    static constexpr auto publish = seq_cst, look_for_sleepers = seq_cst;
    static constexpr auto announce = seq_cst, look_for_work = seq_cst;
};
struct PublishRelease : Right {
    static constexpr auto publish = release;
};
struct LookAcquire : Right {
    static constexpr auto look_for_work = acquire;
};
// On one word an RMW reads the newest value; on two words, as here, it does not help.
struct AnnounceAcqRel : Right {
    static constexpr auto announce = acq_rel;
};
struct SleepersAcquire : Right {
    static constexpr auto look_for_sleepers = acquire;
};

template <class Orders>
struct Idle : rl::test_suite<Idle<Orders>, 2> {
    rl::atomic<unsigned> word, tail;
    bool wakes, sleeps;

    void before()
    {
        word($).store(0, relaxed);
        tail($).store(0, relaxed);
        wakes = sleeps = false;
    }

    void thread(unsigned index)
    {
        if (index == 0) {
            tail($).store(1, Orders::publish);
            wakes = word($).load(Orders::look_for_sleepers) != 0;
        } else {
            word($).fetch_add(1, Orders::announce);
            sleeps = tail($).load(Orders::look_for_work) == 0;
        }
    }

    void after() { RL_ASSERT(wakes || !sleeps); }
};

// Tokio #1768: the producer's look at an idle word is a load after a store that is only a release; one
// of the two repairs is an RMW that changes nothing on the word that the sleeper changes.
template <bool by_rmw>
struct Notify : rl::test_suite<Notify<by_rmw>, 2> {
    rl::atomic<unsigned> word, tail;
    bool wakes, sleeps;

    void before()
    {
        word($).store(0, relaxed);
        tail($).store(0, relaxed);
        wakes = sleeps = false;
    }

    void thread(unsigned index)
    {
        if (index == 0) {
            tail($).store(1, release);
            wakes = (by_rmw ? word($).fetch_add(0, acq_rel) : word($).load(acquire)) != 0;
        } else {
            word($).fetch_add(1, acq_rel);
            sleeps = tail($).load(acquire) == 0;
        }
    }

    void after() { RL_ASSERT(wakes || !sleeps); }
};

using NotifyByRmw = Notify<true>;
using NotifyByLoad = Notify<false>;

int main()
{
    bool ok = HOLDS(Idle<Right>);
    ok = FAILS(Idle<PublishRelease>) && ok;
    ok = FAILS(Idle<LookAcquire>) && ok;
    ok = FAILS(Idle<AnnounceAcqRel>) && ok;
    ok = FAILS(Idle<SleepersAcquire>) && ok;
    ok = HOLDS(NotifyByRmw) && ok;
    ok = FAILS(NotifyByLoad) && ok;
    return ok ? 0 : 1;
}
