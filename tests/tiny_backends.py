"""Pipelines of diffusers with random weights, so small that a second of sound takes a moment."""

from __future__ import annotations

from typing import Any

WORDS = ("<pad>", "<s>", "</s>", "<unk>", "jazz", "piano", "bpm", "120", "minor")


def tokenizer(kind: str) -> Any:
    """A tokenizer that knows nine words, of a class that the pipelines take."""
    import transformers

    known: dict[str, Any] = {"vocab": [(word, -1.0) for word in WORDS], "extra_ids": 0}
    if kind == "RobertaTokenizer":
        known = {"vocab": {word: i for i, word in enumerate(WORDS)}, "merges": []}
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return getattr(transformers, kind)(model_max_length=16, **marks, **known)


def tiny_stable_audio(**changes: Any) -> Any:
    """A StableAudioPipeline: 8 kHz stereo, at most two seconds."""
    import torch
    from diffusers import (
        AutoencoderOobleck,
        EDMDPMSolverMultistepScheduler,
        StableAudioDiTModel,
        StableAudioPipeline,
    )
    from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(0)
    parts = {
        "vae": AutoencoderOobleck(
            encoder_hidden_size=6,
            downsampling_ratios=[2, 4, 8],
            decoder_channels=3,
            decoder_input_channels=3,
            audio_channels=2,
            channel_multiples=[2, 4, 8],
            sampling_rate=8000,
        ),
        "text_encoder": T5EncoderModel(
            T5Config(vocab_size=len(WORDS), d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
        ),
        "projection_model": StableAudioProjectionModel(
            text_encoder_dim=16, conditioning_dim=8, min_value=0, max_value=32
        ),
        "tokenizer": tokenizer("T5Tokenizer"),
        "transformer": StableAudioDiTModel(
            sample_size=250,
            in_channels=3,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            num_key_value_attention_heads=1,
            out_channels=3,
            cross_attention_dim=8,
            time_proj_dim=8,
            global_states_input_dim=16,
            cross_attention_input_dim=8,
        ),
        "scheduler": EDMDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
        ),
    }
    return at_rest(StableAudioPipeline(**(parts | changes)))


def tiny_audioldm2(**changes: Any) -> Any:
    """An AudioLDM2Pipeline: 16 kHz mono."""
    import torch
    from diffusers import AudioLDM2Pipeline, AutoencoderKL, DDIMScheduler
    from diffusers.pipelines.audioldm2.modeling_audioldm2 import (
        AudioLDM2ProjectionModel,
        AudioLDM2UNet2DConditionModel,
    )
    from transformers import (
        ClapConfig,
        ClapFeatureExtractor,
        ClapModel,
        GPT2Config,
        GPT2LMHeadModel,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        T5Config,
        T5EncoderModel,
    )

    torch.manual_seed(0)
    text = {
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "hidden_size": 8,
        "intermediate_size": 16,
        "num_attention_heads": 1,
        "num_hidden_layers": 1,
        "vocab_size": len(WORDS),
        "projection_dim": 8,
    }
    audio = {
        "spec_size": 64,
        "window_size": 4,
        "num_mel_bins": 64,
        "intermediate_size": 4,
        "hidden_size": 16,
        "patch_size": 2,
        "depths": [2, 2],
        "num_attention_heads": [2, 2],
        "num_hidden_layers": 2,
        "patch_embeds_hidden_size": 8,
        "projection_dim": 8,
    }
    parts = {
        "vae": AutoencoderKL(
            block_out_channels=[8, 16],
            in_channels=1,
            out_channels=1,
            norm_num_groups=8,
            down_block_types=["DownEncoderBlock2D", "DownEncoderBlock2D"],
            up_block_types=["UpDecoderBlock2D", "UpDecoderBlock2D"],
            latent_channels=4,
        ),
        "text_encoder": ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=16)),
        "text_encoder_2": T5EncoderModel(
            T5Config(vocab_size=len(WORDS), d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
        ),
        "projection_model": AudioLDM2ProjectionModel(
            text_encoder_dim=16, text_encoder_1_dim=16, langauge_model_dim=16
        ),
        "language_model": GPT2LMHeadModel(
            GPT2Config(
                n_embd=16,
                n_head=2,
                n_layer=1,
                vocab_size=50,
                n_positions=64,
                max_new_tokens=8,
                bos_token_id=0,
                eos_token_id=0,
            )
        ),
        "tokenizer": tokenizer("RobertaTokenizer"),
        "tokenizer_2": tokenizer("T5Tokenizer"),
        "feature_extractor": ClapFeatureExtractor(feature_size=8, sampling_rate=16_000, frequency_max=8000),
        "unet": AudioLDM2UNet2DConditionModel(
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=8,
            sample_size=32,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=((None, 16, 16), (None, 16, 16)),
        ),
        "scheduler": DDIMScheduler(
            beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", clip_sample=False
        ),
        "vocoder": SpeechT5HifiGan(
            SpeechT5HifiGanConfig(
                model_in_dim=8,
                sampling_rate=16_000,
                upsample_initial_channel=16,
                upsample_rates=[8, 8, 2],
                upsample_kernel_sizes=[16, 16, 4],
                resblock_kernel_sizes=[3, 7],
                resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5]],
                normalize_before=False,
            )
        ),
    }
    # A network of random weights whispers.
    parts["vocoder"].conv_post.weight.data *= 1e5
    return at_rest(AudioLDM2Pipeline(**(parts | changes)))


def at_rest(pipeline: Any) -> Any:
    """Switch off what networks draw at random in training."""
    for part in pipeline.components.values():
        if hasattr(part, "eval"):
            part.eval()
    return pipeline
