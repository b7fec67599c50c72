// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What pasteld calls. Functions about blocks do nothing until start has succeeded; without -smartpool all behave like a stock node.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <script/standard.h>

class CBlock;
class CBlockIndex;
class CChainParams;
class CCoinsViewCache;
class CMasternode;
class CMasternodeBroadcast;
class COutPoint;
class CValidationState;
class masternode_info_t;
struct CBlockTemplate;

namespace smartpool {

// start reads -smartpool=ADDRESS and -smartpoolcookie=FILE, and moves the rules to the node's tip. It returns false, with an error for
// people, if the node cannot continue. Without -smartpool it does nothing. Call it before ActivateBestChain.
bool start(const CChainParams& params, std::string& error);

// retry repeats what got no answer. Schedule it every few seconds; it takes cs_main.
void retry(const CChainParams& params);

// connectBlock asks whether the chain may grow by a block; cs_main is held. If it returns false, state holds a refusal, which marks the
// block, or an error, which marks nothing.
bool connectBlock(const CBlock& block, const CBlockIndex* index, CValidationState& state);

// disconnectTip takes back the rules' tip along with the node's; cs_main is held. If it returns false, state holds an error.
bool disconnectTip(const CBlockIndex* index, CValidationState& state);

// mustFlush reports whether the node must write its coins now, so that after a crash it is never further back than the rules can go. Call
// it once per connected block.
bool mustFlush();

// addPayouts adds due payouts to a template, after the coinbase, and counts their size and signature checks. Throws std::runtime_error if
// there is no answer; no template is made then.
void addPayouts(CBlockTemplate& block, CCoinsViewCache& view, const CBlockIndex* parent, const CChainParams& params, std::uint64_t& size,
                int& sigOps);

// makeTemplate lets a miner's thread make a template. It returns false if there was no answer: the thread waits and tries again.
bool makeTemplate(const std::function<void()>& make);

// isPooled reports whether an outpoint is a pool's collateral reference. Always false without -smartpool.
bool isPooled(const COutPoint& outpoint);

// isGone reports whether the rules say that a pool's Supernode leaves the list. Without an answer, it is not gone.
bool isGone(const COutPoint& outpoint);

// collateralHeight returns the height of a pool's activation; -1 if it is unknown or the Supernode is gone.
int collateralHeight(const COutPoint& outpoint);

// identity returns the PastelID of a pool's Supernode. It returns false if that is unknown, or the Supernode is not a pool's.
bool identity(const COutPoint& outpoint, std::string& pastelID);

// isPayable reports whether nodes may vote for a Supernode and pay it: any regular Supernode, and a pool's that the rules call active.
bool isPayable(const COutPoint& outpoint);

// payee returns the script that receives a Supernode's payments: its pool's escrow, or its collateral key's. Empty if the pool's is
// unknown.
CScript payee(const masternode_info_t& supernode);

// payeeAddress is the same for people.
CTxDestination payeeAddress(const masternode_info_t& supernode);

// mayLaunch reports whether the PastelID of a pool's Supernode allows the machine that announces itself, and whether it may replace the
// current machine, if any. True for regular Supernodes.
bool mayLaunch(const CMasternodeBroadcast& announced, const CMasternode* present);

} // namespace smartpool
