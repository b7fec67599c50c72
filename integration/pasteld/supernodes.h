// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What a node knows of pools' Supernodes. It asks about each once a block: a node looks at its list every few seconds with locks held.
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

// Launch is what an announcement carries of the statement that allows a machine to run a Supernode.
struct Launch {
    std::string time; // as signed, so later ones compare greater
    std::string signature;
};

// readExtra finds the launch in an announcement's extra configuration; none if it is not exactly as the protocol has it.
std::optional<Launch> readExtra(const std::string& extra);

// compressKey prints a public key of 33 or 65 bytes as the launch statement names it; "" if it is no key.
std::string compressKey(const Bytes& key);

// replaces reports whether an announcement may take the place of one for the same Supernode: the later launch counts, and the machine
// that runs it may announce itself again.
bool replaces(const Launch& next, const std::string& nextKey, const Launch& present, const std::string& presentKey);

// Supernodes keeps answers while the node's tip is the block that they hold for. It is safe for many threads.
class Supernodes {
public:
    using Clock = std::chrono::steady_clock;

    // After no answer nothing is asked for kPause: each attempt may take the whole time limit of a question.
    static constexpr std::chrono::seconds kPause{5};

    explicit Supernodes(Client& rules, std::function<Clock::time_point()> now = Clock::now) : rules_(rules), now_(std::move(now)) {}

    // at returns what the rules say at the node's tip; nullopt if there is no answer for it, which says nothing about the Supernode.
    std::optional<SupernodeAt> at(const std::string& activation, const std::string& tip);

    // last returns the Supernode as it was in the last answer, and never asks. Pool, identity and payee stay for ever.
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
    std::optional<Clock::time_point> failed_; // when there was no answer
};

} // namespace smartpool
