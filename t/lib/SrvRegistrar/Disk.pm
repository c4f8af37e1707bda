package SrvRegistrar::Disk;

# The disk under a bench's nginx, which stalls or fails on command: see
# t/preload/disk_fault.c.
#
#   my $disk = SrvRegistrar::Disk->new($t);     # before $t->start
#   $disk->order('sync hold');
#   ...
#   $disk->wait_held();                         # a commit stands still
#   $disk->order('');                           # well again

use strict;
use warnings;

use Carp qw(croak);

use SrvRegistrar::Process qw(wait_until);


sub new
{
    my ($class, $bench) = @_;

    my $self = bless { control => $bench->path('disk') }, $class;

    $bench->{preload} = SrvRegistrar::BUILD() . '/t/disk_fault.so';
    croak("no $bench->{preload}") if !-e $bench->{preload};

    $ENV{DISK_FAULT} = $self->{control};

    return $self;
}


# Whole or not at all: the server reads it at any time.

sub order
{
    my ($self, $order) = @_;

    unlink("$self->{control}.held");

    open(my $file, '>', "$self->{control}.new") or croak("disk: $!");
    print $file "$order\n" if $order ne '';
    close($file) or croak("disk: $!");
    rename("$self->{control}.new", $self->{control}) or croak("disk: $!");
}


# Until a call waits.

sub wait_held
{
    my ($self) = @_;

    wait_until(sub { -e "$self->{control}.held" })
        or croak('the disk was not used');
}


1;
