// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What a node knows about pools' Supernodes. It asks about each once per block, because it checks its list every few seconds with locks
// held.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "client.h"

namespace smartpool {

// Launch is the part of an announcement that allows a machine to run a Supernode.
struct Launch {
    std::string time; // as signed; later times compare greater
    std::string signature;
};

// readExtra reads the launch from an announcement's extra configuration; none unless it has exactly the protocol's form.
std::optional<Launch> readExtra(const std::string& extra);

// compressKey converts a public key of 33 or 65 bytes to the form in launch statements; "" if it is not a key.
std::string compressKey(const Bytes& key);

// replaces reports whether an announcement may replace another for the same Supernode: the later launch wins, and the machine that runs the
// Supernode may announce itself again.
bool replaces(const Launch& next, const std::string& nextKey, const Launch& present, const std::string& presentKey);

// Supernodes keeps answers as long as the node's tip is the block they hold for. It is thread-safe.
class Supernodes {
public:
    using Clock = std::chrono::steady_clock;

    // After a call without an answer, nothing is asked for kPause, because each attempt may take a question's full time limit.
    static constexpr std::chrono::seconds kPause{5};

    explicit Supernodes(Client& rules, std::function<Clock::time_point()> now = Clock::now) : rules_(rules), now_(std::move(now)) {}

    // at returns what the rules say at the node's tip; nullopt if there is no answer, which says nothing about the Supernode.
    std::optional<SupernodeAt> at(const std::string& activation, const std::string& tip);

    // last returns the Supernode from the last answer, and never asks. Pool, identity and payee never change.
    std::optional<Supernode> last(const std::string& activation) const;

    // launch asks whether the machine with this compressed key may run a Supernode; nullopt if there is no answer for the node's tip.
    std::optional<Verdict> launch(const std::string& activation, const std::string& key, const Launch& launch, const std::string& tip);

private:
    using Question = std::array<std::string, 4>; // activation, key, time, signature

    template <typename Answer>
    std::optional<Answer> ask(const std::string& tip, const std::function<Answer()>& call);

    Client& rules_;
    const std::function<Clock::time_point()> now_;
    mutable std::mutex mutex_; // not held while asking
    std::map<std::string, SupernodeAt> known_; // by activation
    std::map<Question, Verdict> launches_;     // of launchesTip_
    std::string launchesTip_;
    std::optional<Clock::time_point> failed_; // when the last call got no answer
};

} // namespace smartpool
