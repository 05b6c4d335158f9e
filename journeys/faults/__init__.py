"""What every fault means: one page per code beside this file, for people and for tools."""

from journeys.faults.page import FAMILIES, FaultPage, fault_page, read_page, without_links

__all__ = ["FAMILIES", "FaultPage", "fault_page", "read_page", "without_links"]
