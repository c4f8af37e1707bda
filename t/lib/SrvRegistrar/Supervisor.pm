package SrvRegistrar::Supervisor;

# What systemd is for dnsd: keeps the sockets while one dnsd ends and the next
# begins, and is told how things are.
#
#   my $s = SrvRegistrar::Supervisor->new($dnsd, sockets => 1);
#   $s->start('--store', $dnsd->{store});       # without --listen
#   ok($s->wait_message(qr/^READY=1$/m), 'ready');

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM SOL_SOCKET SO_REUSEPORT);

use SrvRegistrar::Process qw(wait_until);

# Descriptors are put where the protocol wants them by the process that
# becomes dnsd: only it knows its own pid.
use constant HAND_OVER => <<'END';
use POSIX ();
my @fds = split(/,/, shift(@ARGV));
my @high = map { POSIX::dup2($_, 500 + $_) // die("dup2: $!") } @fds;
POSIX::dup2($high[$_], 3 + $_) // die("dup2: $!") for 0 .. $#high;
POSIX::close($_) for @high;
$ENV{LISTEN_FDS} //= @fds;
$ENV{LISTEN_PID} //= $$;
delete $ENV{LISTEN_PID} if $ENV{LISTEN_PID} eq 'none';
exec { $ARGV[0] } @ARGV or die("$ARGV[0]: $!");
END


# sockets: UDP ones and as many for TCP; abstract: no path for messages.

sub new
{
    my ($class, $dnsd, %args) = @_;

    my $self = bless { dnsd => $dnsd, sockets => [], text => '' }, $class;
    my $path = "$dnsd->{dir}/notify";

    # Perl closes what is above this at exec; these are to stay.
    local $^F = 1000;

    for (1 .. $args{sockets} // 0) {
        $self->add(Proto => 'udp');
        $self->add(Proto => 'tcp', Listen => 64);
    }

    unlink($path);
    $self->{notify} = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
        Local => $args{abstract} ? "\0srv-registrar-$$" : $path)
        or croak("notify: $!");
    $self->{env}{NOTIFY_SOCKET} = $args{abstract} ? "\@srv-registrar-$$"
                                                  : $path;

    return $self;
}


sub add
{
    my ($self, %args) = @_;

    local $^F = 1000;

    my $socket = $args{socket} // IO::Socket::INET->new(
        LocalAddr => $self->{dnsd}{address}, LocalPort => $self->{dnsd}{port},
        ReusePort => 1, ReuseAddr => 1, %args) or croak("socket: $!");

    push(@{ $self->{sockets} }, $socket);

    return $socket;
}


# Like the harness's run and start, but with what the supervisor gives.

sub run
{
    my ($self, @options) = @_;

    return $self->with(sub { $self->{dnsd}->run(@options) });
}


sub spawn
{
    my ($self, @options) = @_;

    $self->{text} = '';
    $self->with(sub { $self->{dnsd}->spawn(@options) });
}


sub start
{
    my ($self, @options) = @_;

    $self->spawn(@options);
    $self->wait_message(qr/^READY=1$/m)
        or croak("dnsd is not ready:\n" . $self->{dnsd}->log());
}


sub with
{
    my ($self, $action) = @_;

    local $self->{dnsd}{wrapper} = [$^X, '-e', HAND_OVER,
        join(',', map { $_->fileno() } @{ $self->{sockets} })];
    local @ENV{keys(%{ $self->{env} })} = values(%{ $self->{env} });

    return $action->();
}


# All that was said since the start, a line each.

sub messages
{
    my ($self) = @_;

    while (IO::Select->new($self->{notify})->can_read(0)) {
        $self->{notify}->recv(my $message, 4096);
        $self->{text} .= $message =~ s/\n?\z/\n/r;
    }

    return $self->{text};
}


sub wait_message
{
    my ($self, $pattern, $timeout) = @_;

    return wait_until(sub { $self->messages() =~ $pattern }, $timeout);
}


# True when dnsd has looked at its store since this was called, and is done
# with that: it does behind each sign of life, once a second or twice in
# WATCHDOG_USEC.

sub wait_look
{
    my ($self) = @_;

    $self->forget();

    return $self->wait_message(qr/(?:^WATCHDOG=1\n(?:.*\n)*){2}/m);
}


sub forget
{
    my ($self) = @_;

    $self->messages();
    $self->{text} = '';
}


1;
