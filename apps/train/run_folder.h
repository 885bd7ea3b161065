// SPDX-License-Identifier: MIT
// The folder that a training run writes: model, checkpoint, metrics and pictures.
#pragma once

#include <string>
#include <vector>

#include "rbm/io/checkpoint_file.h"

namespace rbm::app {

class RunFolder {
  public:
    enum class Use { anew, over_another, resume };
    /// Makes the folder, locks it against a second run, and probes that it can be written.  Throws FileError when it
    /// holds something and a run is to begin in it anew, or another run is at work in it.
    RunFolder(const std::string& path, Use use);
    ~RunFolder();
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    std::string model_path() const { return file("model.safetensors"); }
    std::string checkpoint_path() const { return file("checkpoint.safetensors"); }

    /// Writes the model: with the averaged weights, where there are any, else the last ones.
    void write_model(const Checkpoint& checkpoint) const;
    /// Before the checkpoint that goes with it.
    void save_ladder(const Trajectory& trajectory) const;
    /// That of a run before, under --force.
    void forget_ladder() const;
    /// To be written after the models: a run that dies between them is not taken for finished.
    void save(const Checkpoint& checkpoint) const;

    /// Keeps the lines of the first `epochs` epochs of metrics.jsonl; 0: starts it anew.
    void cut_metrics(std::uint64_t epochs) const;
    /// Appends one line.
    void append_metrics(const std::string& line) const;
    std::string last_metrics() const;

    /// filters.png, and, from `data`, reconstructions.png; fantasies.png from the chains, or from new ones when there
    /// are none.
    void draw(const Checkpoint& checkpoint, const Dataset& data) const;

  private:
    /// Folders this run made: those that are still empty in the end go again.
    struct MadeFolders {
        std::vector<std::string> paths;  ///< the innermost first
        ~MadeFolders();
    };

    std::string path_;
    MadeFolders made_;
    int lock_ = -1;
};

}  // namespace rbm::app
