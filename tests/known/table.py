"""What is published of the networks in this folder and of those in `specs/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE, SPECS = Path(__file__).parent, Path(__file__).parent.parent.parent / "specs"


@dataclass(frozen=True)
class Known:
    """A network's published figures, and where its like can be had with weights."""

    parameters: int
    """What is trained."""
    giga_macs: str | None = None
    """Multiply-adds in 10^9, as torchvision publishes them (`weights.meta["_ops"]`)."""
    reference: str | None = None
    """`package:model`."""
    projection: Literal["last", "first", "led"] = "last"
    """Where the reference computes a projection: behind its block's convolutions, before them, or before them and behind
    their leading norm."""
    size: int | None = None
    """The images that the reference takes, where they have another size than the spec's."""


KNOWN: dict[str, Known] = {
    "resnet18": Known(11_689_512, "1.814", "torchvision:resnet18"),
    "resnet34": Known(21_797_672, "3.664", "torchvision:resnet34"),
    "resnet50": Known(25_557_032, "4.089", "torchvision:resnet50"),
    "squeezenet": Known(1_235_496, "0.349", "torchvision:squeezenet1_1"),
    "googlenet": Known(6_624_904, "1.498", "torchvision:googlenet"),
    "densenet121": Known(7_978_856, "2.834", "torchvision:densenet121"),
    "mobilenet-v2": Known(3_504_872, "0.301", "torchvision:mobilenet_v2"),
    "efficientnet-b0": Known(5_288_548, "0.386", "torchvision:efficientnet_b0"),
    "alexnet-lrn": Known(60_965_224),  # Caffe's model zoo, bvlc_alexnet
    "resnet20-cifar": Known(269_722),  # 272,474 with projections, pytorchcv's resnet20_cifar10
    "darknet19": Known(20_842_376, None, "pytorchcv:darknet19", size=224),
    "tiny-darknet": Known(1_042_104, None, "pytorchcv:darknet_tiny"),
    "vgg16-bn": Known(138_365_992, "15.470", "torchvision:vgg16_bn"),
    "resnext50": Known(25_028_904, "4.230", "torchvision:resnext50_32x4d"),
    "wide-resnet50": Known(68_883_240, "11.398", "torchvision:wide_resnet50_2"),
    "mobilenet-v3-small": Known(2_542_856, "0.057", "torchvision:mobilenet_v3_small"),
    "mobilenet-v3-large": Known(5_483_032, "0.217", "torchvision:mobilenet_v3_large"),
    "regnet-x-400mf": Known(5_495_976, "0.414", "torchvision:regnet_x_400mf", "first"),
    "regnet-y-400mf": Known(4_344_144, "0.402", "torchvision:regnet_y_400mf", "first"),
    "efficientnet-v2-s": Known(21_458_488, "8.366", "torchvision:efficientnet_v2_s"),
    "mnasnet": Known(4_383_312, "0.314", "torchvision:mnasnet1_0"),
    "convnext-tiny": Known(
        28_589_128, None, "torchvision:convnext_tiny"
    ),  # layer scale is not among torchvision's 4.456
    "inception-v3": Known(23_834_568, "5.713", "torchvision:inception_v3"),  # 27,161,264 with the auxiliary head
    "mobilenet-v1-keras": Known(4_231_976, None, "keras:MobileNet"),
    "resnet50-keras": Known(25_583_592, None, "keras:ResNet50", "first"),
    "resnet50v2-keras": Known(25_568_360, None, "keras:ResNet50V2", "led"),
    "xception-keras": Known(22_855_952, None, "keras:Xception", "first"),
    "bn-inception": Known(11_295_240, None, "pytorchcv:bninception"),
    "darknet53": Known(41_609_928, None, "pytorchcv:darknet53"),
    "densenet-bc-100-cifar": Known(769_162, None, "pytorchcv:densenet100_k12_bc_cifar10"),
    "nin-cifar": Known(966_986, None, "pytorchcv:nin_cifar10"),
    "peleenet": Known(2_802_248, None, "pytorchcv:peleenet"),
    "preresnet110-cifar": Known(1_730_522, None, "pytorchcv:preresnet110_cifar10"),
    "pyramidnet110-cifar": Known(1_772_706, None, "pytorchcv:pyramidnet110_a48_cifar10"),
    "resnet110-cifar": Known(1_730_714, None, "pytorchcv:resnet110_cifar10", "first"),
    "ror3-56-cifar": Known(762_746, None, "pytorchcv:ror3_56_cifar10", "first"),
    "se-resnet20-cifar": Known(274_847, None, "pytorchcv:seresnet20_cifar10", "first"),
    "se-resnet50": Known(28_088_024, None, "pytorchcv:seresnet50b", "first"),
    "squeezenext23": Known(724_056, None, "pytorchcv:sqnxt23_w1", "first"),
    "vovnet39": Known(22_600_296, None, "pytorchcv:vovnet39"),
    "wrn28-10-cifar": Known(36_479_194, None, "pytorchcv:wrn28_10_cifar10"),
    "zfnet": Known(62_357_608, None, "pytorchcv:zfnet"),
    "convmixer-768-32": Known(21_110_248),  # timm's weights
    "cspdarknet53": Known(27_642_184),  # timm's weights
}


def path(name: str) -> Path:
    """The file of a network."""
    here = HERE / f"{name}.yaml"
    return here if here.exists() else SPECS / f"{name}.yaml"
