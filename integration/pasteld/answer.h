// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What smartpoold answers, and how it is read: strictly, as a node accepts or refuses blocks by it.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace smartpool {

using Bytes = std::vector<unsigned char>;

// NoAnswer means that nothing was learned: a node must then accept nothing, and must not count a block as invalid.
class NoAnswer : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Verdict says whether something is allowed.
struct Verdict {
    bool ok = false;
    std::string reason; // stable, for programs; empty if ok
    std::string detail; // for people
    std::string tip;    // hash of the block that the verdict holds for; of a launch only
};

// The reason that means: node and rules are at different places. It says nothing about the block.
inline constexpr std::string_view kBadBlock = "bad_block";

// Point is a block by its place; hashes are 64 hex digits, as Pastel shows them.
struct Point {
    int height = -1;
    std::string hash;
};

// Tip is the last block that the rules hold; height -1 and zeros before the genesis block.
struct Tip {
    int height = -1;
    std::string hash;
    std::string digest;         // of the ledger
    std::vector<Point> locator; // blocks at growing distances below it, the genesis block last
};

// Payouts are the transactions that the block after tip may hold, oldest first.
struct Payouts {
    std::string tip;
    std::vector<Bytes> transactions;
};

// Status says what a node makes of a pool's Supernode.
enum class Status {
    active, // it is voted for and paid
    paused, // it is kept, but neither voted for nor paid
    gone,   // it leaves the list
};

// Supernode is backed by a pool; its collateral reference is (activation, ffffffff).
struct Supernode {
    std::string pool;
    std::string pastelid; // its identity
    Bytes payee;          // script that its payments go to
    int height = 0;       // of the activation ticket's block
    Status status = Status::gone;
};

// SupernodeAt is what the rules know at a tip; no Supernode if the transaction is no accepted activation ticket.
struct SupernodeAt {
    std::string tip;
    std::optional<Supernode> supernode;
};

// These read the body of an answer to the call with this id. They throw NoAnswer unless it is exactly what smartpoold gives.
Tip readTip(std::string_view body, int status, std::uint64_t id);
Verdict readVerdict(std::string_view body, int status, std::uint64_t id);
Verdict readLaunch(std::string_view body, int status, std::uint64_t id);
Payouts readPayouts(std::string_view body, int status, std::uint64_t id);
SupernodeAt readSupernode(std::string_view body, int status, std::uint64_t id);

// toHex prints bytes as lowercase hex.
std::string toHex(const Bytes& bytes);

} // namespace smartpool
