// The pages of songs: everything they may need, registered once.
import "mixarena/auto-save";
import "mixarena/file-export";
import "mixarena/job-progress";
import "mixarena/live-topic";
import "mixarena/quiet-forms";
import "mixarena/stem-uploads";
import "mixarena/wave-player";
