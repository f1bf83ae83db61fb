"""Editing: sound that is given, or has to go round, as constraints on the one sampler.

    edits, given     what is asked: records, and the sound file that is to be changed
    masks            which frames, samples and bands are new, and how they fade in
    joining          new sound beside given sound: rate, level, place, crossfade
    codec            sound to latents and back, with what lies around it
    variation        the given sound, noised up to a strength and denoised
    inpainting       a window, or a region in time and frequency, made anew
    continuation     window after window, each knowing the end of the last
    loop             latents in a ring
    blend            two prompts in one answer
    editing          a request's edit, done

Constraints act on what the denoiser takes the clean latent to be, in every step: known parts are put in its
place, and the prediction is changed to fit. The solver then leads the known parts along the very path from
their noise to what they are, and whatever solver it is, the rest is denoised beside them at the same noise.
"""
